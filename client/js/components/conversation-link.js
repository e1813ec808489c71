/** One conversation in the list: opens it; renames it in place; has a menu for the rest. */
import { html, useEffect, useRef, useState } from "../view.js"
import { deleteConversation, renameConversation } from "../actions.js"
import { t } from "../i18n.js"
import { isComposing } from "../keyboard.js"
import { addressOf, go, route } from "../router.js"
import { drawer } from "../store.js"
import { Icon } from "./icon.js"
import { Menu } from "./menu.js"

/** @import { Conversation } from "../conversations.js" */

/** @param {{ conversation: Conversation }} props */
export function ConversationLink({ conversation }) {
  const [renaming, rename] = useState(false)
  const link = useRef(/** @type {HTMLElement | null} */ (null))
  const { id, title, running } = conversation
  const isCurrent = route.value.name === "chat" && route.value.id === id

  const finish = (/** @type {string | null} */ wanted) => {
    rename(false)
    if (wanted !== null) void renameConversation(conversation, wanted)
    requestAnimationFrame(() => link.current?.focus())
  }
  /** @param {KeyboardEvent} event */
  const press = event => {
    if (event.key === "F2") rename(true)
    else if (event.key === "Delete") void deleteConversation(conversation)
    else return
    event.preventDefault()
  }
  /** @param {MouseEvent} event */
  const open = event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    drawer.value = false
    go(id)
  }

  if (renaming) return html`<${TitleField} title=${title} onDone=${finish} />`
  return html`
    <div class=${`link-row ${isCurrent ? "link-row--current" : ""}`}>
      <a class="link" ref=${link} href=${addressOf(id)} aria-current=${isCurrent ? "page" : undefined} title=${title} onClick=${open} onKeyDown=${press}
        onDblClick=${() => rename(true)}>
        <span class="link__title">${title || t("sidebar.untitled")}</span>
        ${running && html`<span class="dot" role="img" aria-label=${t("sidebar.running")} title=${t("sidebar.running")}></span>`}
      </a>
      <${Menu} label=${t("sidebar.actions", { title })} items=${[
        { icon: "pencil", label: t("sidebar.rename"), keys: "F2", run: () => rename(true) },
        { icon: "trash", label: t("sidebar.delete"), keys: "Del", run: () => deleteConversation(conversation), danger: true },
      ]} />
    </div>
  `
}

/** @param {{ title: string, onDone: (title: string | null) => void }} props */
function TitleField({ title, onDone }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null))
  const done = useRef(false)
  useEffect(() => { field.current?.select() }, [])
  const finish = (/** @type {string | null} */ wanted) => {
    if (done.current) return
    done.current = true
    onDone(wanted)
  }
  /** @param {KeyboardEvent & { currentTarget: HTMLInputElement }} event */
  const press = event => {
    event.stopPropagation()
    if (isComposing(event)) return
    if (event.key === "Enter") finish(event.currentTarget.value)
    else if (event.key === "Escape") finish(null)
    else return
    event.preventDefault()
  }
  return html`
    <input class="link-field" ref=${field} defaultValue=${title} aria-label=${t("sidebar.rename")} maxlength="200" autofocus
      onKeyDown=${press} onBlur=${(/** @type {any} */ event) => finish(event.currentTarget.value)} />
  `
}
