/** One conversation in the list: opens it; renames it in place; has a menu for the rest. */
import { html, lazy, useLayoutEffect, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

/** @import { Conversation } from "../conversations.js" */

/** What stands in place of the line: while several are being chosen, and to ask for tags or a folder. */
export const PickLine = lazy(() => import("./pick-line.js").then(file => file.PickLine), ["selection"])
export const TagField = lazy(() => import("./tag-field.js").then(file => file.TagField), ["folders", "tags"])
export const FolderField = lazy(() => import("./folder-field.js").then(file => file.FolderField))
const Menu = lazy(() => import("./conversation-menu.js").then(file => file.ConversationMenu))

/** @param {{ conversation: Conversation }} props */
export function ConversationLink({ conversation }) {
  const { store: { drawer, route, selected }, actions } = usePage()
  const { addressOf, deleteConversation, go, renameConversation } = actions
  const [field, ask] = useState(/** @type {"" | "title" | "folder" | "tags"} */ (""))
  const link = useRef(/** @type {HTMLElement | null} */ (null))
  const { id, title, running, folder = "", tags = [] } = conversation
  const isCurrent = route.value.name === "chat" && route.value.id === id

  const back = () => {
    ask("")
    focusSoon(() => link.current)
  }
  const finish = (/** @type {string | null} */ wanted) => {
    back()
    if (wanted !== null) void renameConversation(conversation, wanted)
  }
  const finishFiling = (/** @type {string | null} */ wanted) => {
    back()
    if (wanted !== null && wanted.trim() !== folder) void actions.selecting().then(({ file }) => file([id], wanted))
  }
  const finishTagging = (/** @type {string[] | null} */ wanted) => {
    back()
    if (wanted && wanted.join() !== tags.join()) void actions.shelving().then(({ setTags }) => setTags(conversation, wanted))
  }
  /** The focus goes to a neighbour, so that one can go on by keyboard. @param {() => Promise<unknown>} leave */
  const goAway = leave => {
    const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".history .link")])
    const at = links.indexOf(/** @type {HTMLElement} */ (link.current))
    const row = link.current?.parentElement
    void leave()
    focusSoon(() => links[at + 1] ?? links[at - 1] ?? document.getElementById("search"), row)
  }
  const remove = () => goAway(() => deleteConversation(conversation))
  /** @param {KeyboardEvent} event */
  const press = event => {
    if (event.key === "F2") ask("title")
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
  const wishes = { rename: () => ask("title"), file: () => ask("folder"), tag: () => ask("tags"), remove, goAway }

  if (selected.value) return html`<${PickLine} conversation=${conversation} />`
  if (field === "folder") return html`<${FolderField} folder=${folder} onDone=${finishFiling} />`
  if (field === "tags") return html`<${TagField} tags=${tags} onDone=${finishTagging} />`
  if (field === "title") return html`<${TitleField} title=${title} onDone=${finish} />`
  return html`
    <div class=${`link-row ${isCurrent ? "link-row--current" : ""}`}>
      <a class="link" ref=${link} href=${addressOf(id)} aria-current=${isCurrent ? "page" : undefined} title=${title} onClick=${open} onKeyDown=${press}
        onDblClick=${() => ask("title")}>
        <span class="link__title">${title || t("sidebar.untitled")}</span>
        ${tags.length > 0 && html`<span class="link__tags">${tags.join(" · ")}</span>`}
        ${running && html`<span class="dot" role="img" aria-label=${t("sidebar.running")} title=${t("sidebar.running")}></span>`}
      </a>
      <${Wishes} conversation=${conversation} wishes=${wishes} />
    </div>
  `
}

/**
 * Hand the focus on once the page is drawn, unless it went somewhere else meanwhile: a quick hand is at the next line already.
 * @param {() => HTMLElement | null} find @param {Element | null} [from] where it may still be
 */
function focusSoon(find, from) {
  requestAnimationFrame(() => {
    const { activeElement } = document
    if (!activeElement || activeElement === document.body || from?.contains(activeElement)) find()?.focus()
  })
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
