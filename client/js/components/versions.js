/** ‹2/3›: the versions of one message, side by side in the tree. */
import { html } from "../view.js"
import { comparedWith } from "../chat.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon, addIcons } from "./icon.js"

addIcons({ columns: "M5.5 5h4v14h-4zM14.5 5h4v14h-4z" })

/** @import { Message } from "../chat.js" */

/** @param {{ message: Message }} props */
export function Versions({ message }) {
  const { store: { chat, family }, actions: { deeds, showVersion } } = usePage()
  const siblings = (family.value.get(message.parent_id ?? "") ?? []).filter(id => chat.peek().messages.get(id)?.role === message.role)
  if (siblings.length < 2) return null
  const at = siblings.indexOf(message.id)
  const isCompared = comparedWith(chat.peek(), message.id, family.value).length > 1
  return html`
    <span class="versions" role="group" aria-label=${t("versions.title")}>
      <button type="button" class="icon-button" aria-label=${t("versions.previous")} title=${t("versions.previous")} disabled=${at < 1}
        onClick=${() => showVersion(siblings[at - 1])}><${Icon} name="left" /></button>
      <span aria-label=${t("versions.of", { at: at + 1, count: siblings.length })}>${at + 1}/${siblings.length}</span>
      <button type="button" class="icon-button" aria-label=${t("versions.next")} title=${t("versions.next")} disabled=${at === siblings.length - 1}
        onClick=${() => showVersion(siblings[at + 1])}><${Icon} name="right" /></button>
      ${isCompared && html`
        <button type="button" class="icon-button" aria-label=${t("compare.again")} title=${t("compare.again")} onClick=${() => deeds().then(({ spread }) => spread(message, true))}><${Icon} name="columns" /></button>`}
    </span>
  `
}
