/** The shelves at hand: tags above the list; folders in it, each opens in place and takes what is dropped on it. One file, because they come together. */
import { html, useEffect, useState } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { ConversationLink } from "./conversation-link.js"
import { Icon } from "./icon.js"

/** The browser's own name for a link that is being dragged. */
const LINK = "text/uri-list"

export function Folders() {
  const { conversations, selected } = usePage().store
  const [dragged, drag] = useState(/** @type {"" | "from list" | "from folder"} */ (""))
  useEffect(() => {
    const start = (/** @type {DragEvent} */ event) => {
      const link = event.target instanceof Element && event.target.closest(".link-row .link")
      if (link) drag(link.closest(".folder") ? "from folder" : "from list")
    }
    const end = () => drag("")
    document.addEventListener("dragstart", start)
    document.addEventListener("dragend", end)
    return () => {
      document.removeEventListener("dragstart", start)
      document.removeEventListener("dragend", end)
    }
  }, [])
  const folders = conversations.value.folders.filter(({ count }) => count)
  if (!folders.length) return null
  return html`
    <section class=${`folders ${dragged && !selected.value ? "folders--awaiting" : ""}`} aria-label=${t("folders.title")}>
      <h2 class="history__day">${t("folders.title")}</h2>
      ${folders.map(({ name, count }) => html`<${Folder} key=${name} name=${name} count=${count} />`)}
      ${dragged === "from folder" && html`<${Target} className="folders__out" folder=""><${Icon} name="folder" />${t("folders.out")}<//>`}
    </section>
  `
}

/** @param {{ name: string, count: number }} props */
function Folder({ name, count }) {
  const { store: { conversations, preferences }, actions: { prefer, shelving } } = usePage()
  const [next, follow] = useState(/** @type {string | null | undefined} */ (undefined))
  const { folders = [] } = preferences.value
  const isOpen = folders.includes(name)
  const items = isOpen ? conversations.value.items.filter(({ folder }) => folder === name) : []
  const more = async () => follow(await (await shelving()).readFolder(name, next ?? null))
  useEffect(() => { if (isOpen && next === undefined) void more() }, [isOpen])
  const toggle = () => prefer({ folders: isOpen ? folders.filter(other => other !== name) : [...folders, name].slice(-50) })

  return html`
    <${Target} className="folder" folder=${name}>
      <button type="button" class=${`folder__name ${isOpen ? "folder__name--open" : ""}`} aria-expanded=${isOpen} onClick=${toggle}>
        <${Icon} name="right" /><${Icon} name="folder" /><span class="link__title">${name}</span><span class="folder__count">${count}</span>
      </button>
      ${isOpen && html`<div class="folder__items">
        ${items.map(item => html`<${ConversationLink} key=${item.id} conversation=${item} />`)}
        ${next && items.length < count && html`<button type="button" class="row-button" onClick=${more}>${t("sidebar.more")}</button>`}
      </div>`}
    <//>
  `
}

/** Where a dragged conversation can be let go. @param {{ folder: string, className: string, children: import("../view.js").Children }} props */
function Target({ folder, className, children }) {
  const { shelving } = usePage().actions
  const [isOver, hover] = useState(false)
  /** @param {DragEvent} event */
  const over = event => {
    if (!event.dataTransfer?.types.includes(LINK)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = "move"
    hover(true)
  }
  /** @param {DragEvent & { currentTarget: HTMLElement }} event */
  const leave = event => { if (!event.currentTarget.contains(/** @type {Node | null} */ (event.relatedTarget))) hover(false) }
  /** @param {DragEvent} event */
  const drop = event => {
    hover(false)
    const address = event.dataTransfer?.getData(LINK) ?? ""
    event.preventDefault()
    void shelving().then(({ drop }) => drop(address, folder))
  }
  return html`<div class=${`${className} ${isOver ? "drop" : ""}`} onDragOver=${over} onDragLeave=${leave} onDrop=${drop}>${children}</div>`
}

/** Tags that are shown at once; the others are in the menus of their conversations and in the search. */
const SHOWN = 30

/** The tags in use: one press shows what bears it. @param {{ chosen: string | null, onChoose: (tag: string | null) => void }} props */
export function TagBar({ chosen, onChoose }) {
  const tags = usePage().store.conversations.value.tags.filter(({ name, count }) => count || name === chosen)
  if (!tags.length) return null
  return html`
    <div class="tag-bar" role="group" aria-label=${t("tags.title")}>
      <${Icon} name="tag" />
      ${tags.slice(0, SHOWN).map(({ name }) => html`
        <button type="button" class="tag" key=${name} aria-pressed=${name === chosen} onClick=${() => onChoose(name === chosen ? null : name)}>${name}</button>`)}
    </div>
  `
}
