/** An answer that a person puts right by hand. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Editor } from "./editor.js"

/** @param {{ message: import("../chat.js").Message }} props */
export function Rewriting({ message }) {
  const { actions: { deeds } } = usePage()
  return html`
    <${Editor} id=${message.id} text=${message.text} label=${t("answer.edit")} hint=${t("answer.edit_hint")} done=${t("answer.edit_done")}
      onDone=${(/** @type {string} */ text) => deeds().then(({ rewrite }) => rewrite(message, text))} />`
}
