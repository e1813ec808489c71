/** What can be done with a message, besides what has a button of its own. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { plainText } from "../plain.js"
import { speak } from "../speech.js"
import { account, details } from "./foot.js"
import { GUIDE } from "./greeting.js"
import { addIcons } from "./icon.js"
import { Menu } from "./menu.js"

/** @import { Message } from "../chat.js" */
/** @import { Item } from "./menu.js" */

addIcons({
  fork: "M7 5a2 2 0 1 0 0 4a2 2 0 1 0 0-4M17 5a2 2 0 1 0 0 4a2 2 0 1 0 0-4M12 15a2 2 0 1 0 0 4a2 2 0 1 0 0-4M7 9v1.5a2 2 0 0 0 2 2h6a2 2 0 0 0 2-2V9M12 12.5V15",
  swap: "M5 9h13l-3.5-3.5M19 15H6l3.5 3.5",
  shorter: "M5 8.500h14M5 12.500h9M5 16.500h5",
  longer: "M5 6.500h14M5 10.500h14M5 14.500h14M5 18.500h9",
  speaker: "M5 10v4h3l4 3.500v-11L8 10zM15.500 9.500a3.500 3.500 0 0 1 0 5M18 7a7 7 0 0 1 0 10",
  letters: "M6 7V5.5h12V7M12 5.5v13M9.5 18.5h5",
})

/** @param {{ message: Message, onClose: (how: { focusBack: boolean }) => void }} props */
export function MessageMenu({ message, onClose }) {
  const page = usePage()
  const { store: { answering, dialog, editing, temporary }, actions: { copy, deeds, library, regenerate, shownChoice } } = page
  const act = (/** @type {(all: typeof import("../deeds.js")) => unknown} */ deed) => () => void deeds().then(deed)
  const isAnswer = message.role === "assistant"
  const isFree = !answering.value
  const isKept = !temporary.value // the server knows no message of a temporary talk

  /** @type {(Item | false)[]} */
  const items = [
    isAnswer && isFree && { icon: "swap", label: t("answer.other_model"), run: () => { dialog.value = `again ${message.id}` } },
    ...(isAnswer && isFree && shownChoice().provider !== GUIDE ? /** @type {const} */ (["shorter", "longer"]) : [])
      .map(wish => ({ icon: wish, label: t(`answer.${wish}`), run: () => regenerate(message, { wish }) })),
    isAnswer && isKept && { icon: "pencil", label: t("answer.edit"), run: () => { editing.value = message.id } },
    isAnswer && { icon: "letters", label: t("message.copy_text"), run: () => copy(plainText(message.text)) },
    isAnswer && "speechSynthesis" in globalThis && { icon: "speaker", label: t("speech.do"), run: () => speak(message) },
    isFree && isKept && { icon: "fork", label: t("message.fork"), run: act(({ fork }) => fork(message)) },
    !isAnswer && { icon: "slash", label: t("library.keep"), run: () => void library().then(({ keepAsPrompt }) => keepAsPrompt(message.text)) },
    isKept && { icon: "pin", label: t(message.pinned ? "shelf.unpin" : "shelf.pin"), run: act(({ pin }) => pin(message, !message.pinned)) },
  ]
  // A finger finds no title to rest on, and a narrow page no room: who, when and at what cost stand here too.
  return html`<${Menu} label=${t("message.more")} items=${items.filter(item => item !== false)} note=${[details(page, message), account(page, message)].filter(Boolean).join(" · ")} onClose=${onClose} />`
}
