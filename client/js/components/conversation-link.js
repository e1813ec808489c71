/** One conversation in the list: opens it; renames it in place; has a menu for the rest. */
import { html, lazy, useLayoutEffect, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

/** @import { Conversation } from "../conversations.js" */

const FolderField = lazy(() => import("./folder-field.js").then(file => file.FolderField))
const Menu = lazy(() => import("./conversation-menu.js").then(file => file.ConversationMenu))

/** @param {{ conversation: Conversation }} props */
export function ConversationLink({ conversation }) {
  const { store: { drawer, route }, actions } = usePage()
  const { addressOf, deleteConversation, go, renameConversation } = actions
  const shelve = (/** @type {(how: typeof import("../shelving.js")) => Promise<unknown>} */ deed) => actions.shelving().then(deed)
  const [renaming, rename] = useState(false)
  const [filing, file] = useState(false)
  const link = useRef(/** @type {HTMLElement | null} */ (null))
  const { id, title, running } = conversation
  const isCurrent = route.value.name === "chat" && route.value.id === id

  const finish = (/** @type {string | null} */ wanted) => {
    rename(false)
    if (wanted !== null) void renameConversation(conversation, wanted)
    requestAnimationFrame(() => link.current?.focus())
  }
  const finishFiling = (/** @type {string | null} */ folder) => {
    file(false)
    if (folder !== null && folder.trim() !== (conversation.folder ?? "")) void shelve(({ putIntoFolder }) => putIntoFolder(conversation, folder))
    requestAnimationFrame(() => link.current?.focus())
  }
  /** The focus goes to a neighbour, so that one can go on by keyboard. @param {() => Promise<unknown>} leave */
  const goAway = leave => {
    const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".history .link")])
    const at = links.indexOf(/** @type {HTMLElement} */ (link.current))
    void leave()
    requestAnimationFrame(() => (links[at + 1] ?? links[at - 1] ?? document.getElementById("search"))?.focus())
  }
  const remove = () => goAway(() => deleteConversation(conversation))
  /** @param {KeyboardEvent} event */
  const press = event => {
    if (event.key === "F2") rename(true)
    else if (event.key === "Delete") remove()
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
  const wishes = { rename: () => rename(true), file: () => file(true), remove, goAway }

  if (filing) return html`<${FolderField} folder=${conversation.folder ?? ""} onDone=${finishFiling} />`
  if (renaming) return html`<${TitleField} title=${title} onDone=${finish} />`
  return html`
    <div class=${`link-row ${isCurrent ? "link-row--current" : ""}`}>
      <a class="link" ref=${link} href=${addressOf(id)} aria-current=${isCurrent ? "page" : undefined} title=${title} onClick=${open} onKeyDown=${press}
        onDblClick=${() => rename(true)}>
        <span class="link__title">${title || t("sidebar.untitled")}</span>
        ${running && html`<span class="dot" role="img" aria-label=${t("sidebar.running")} title=${t("sidebar.running")}></span>`}
      </a>
      <${Wishes} conversation=${conversation} wishes=${wishes} />
    </div>
  `
}

/** The button of its menu, whose sheet is fetched when somebody comes near. @param {Pick<Parameters<typeof Menu>[0], "conversation" | "wishes">} props */
function Wishes({ conversation, wishes }) {
  const [isOpen, open] = useState(false)
  const button = useRef(/** @type {HTMLElement | null} */ (null))
  const label = t("sidebar.actions", { title: conversation.title })
  const close = (/** @type {{ focusBack: boolean }} */ { focusBack }) => {
    open(false)
    if (focusBack) button.current?.focus()
  }
  return html`
    <div class=${`menu ${isOpen ? "menu--open" : ""}`}>
      <button type="button" class="icon-button menu__button" ref=${button} aria-haspopup="menu" aria-expanded=${isOpen} aria-label=${label}
        onPointerEnter=${Menu.warm} onFocus=${Menu.warm} onClick=${() => open(!isOpen)}><${Icon} name="more" /></button>
      ${isOpen && html`<${Menu} label=${label} conversation=${conversation} wishes=${wishes} onClose=${close} />`}
    </div>
  `
}

/** @param {{ title: string, onDone: (title: string | null) => void }} props */
function TitleField({ title, onDone }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null))
  const done = useRef(false)
  useLayoutEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])
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
    <input class="link-field" ref=${field} defaultValue=${title} aria-label=${t("sidebar.rename")} maxlength="200"
      onKeyDown=${press} onBlur=${(/** @type {any} */ event) => finish(event.currentTarget.value)} />
  `
}
