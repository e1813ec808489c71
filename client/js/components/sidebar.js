/** The list of conversations by day; what a search found in them, or the shelves, in its place. */
import { html, lazy, useEffect, useRef, useState } from "../view.js"
import { groupByDay } from "../conversations.js"
import { t } from "../i18n.js"
import { hint, isComposing } from "../keys.js"
import { usePage } from "../page.js"
import { ConversationLink, PickLine } from "./conversation-link.js"
import { Icon, Mark } from "./icon.js"

/** @import { Conversation } from "../conversations.js" */

const SearchResults = lazy(() => import("./search-results.js").then(file => file.SearchResults), ["search"])
const Shelves = lazy(() => import("./shelves.js").then(file => file.Shelves), ["search"])
const Folders = lazy(() => import("./folders.js").then(file => file.Folders), ["folders"])
const TagBar = lazy(() => import("./folders.js").then(file => file.TagBar), ["folders"])
const SelectionBar = lazy(() => import("./selection-bar.js").then(file => file.SelectionBar), ["selection"])

/** Lines of the list that are drawn, or not, together. */
const STRETCH = 50

/** @param {{ warm: () => void }} props `warm` fetches what a conversation is drawn with */
export function Sidebar({ warm }) {
  const { store: { conversations, dialog, drawer, selected }, actions: { newConversation, toggleSidebar } } = usePage()
  const [query, search] = useState("")
  /** A tag, null for the archive, or nothing: the list of the days. */
  const [aside, lookAside] = useState(/** @type {string | null | undefined} */ (undefined))
  const place = useRef(/** @type {HTMLElement | null} */ (null))

  // The focus goes into the drawer with its reader, and comes back.
  useEffect(() => {
    const [within, back] = [place.current?.querySelector("button"), /** @type {HTMLElement | null} */ (document.querySelector(".bar__menu"))]
    if (drawer.value) within?.focus()
    else if (place.current?.contains(document.activeElement)) back?.focus()
  }, [drawer.value])
  /** @param {KeyboardEvent} event */
  const closeOnEscape = event => {
    if (event.key !== "Escape" || isComposing(event) || !drawer.value) return
    event.preventDefault()
    drawer.value = false
  }

  return html`
    <aside class="sidebar" ref=${place} aria-label=${t("sidebar.title")} onPointerEnter=${warm} onFocusIn=${warm} onKeyDown=${closeOnEscape}>
      <header class="sidebar__head">
        <span class="brand"><${Mark} />${t("app.name")}</span>
        <button type="button" class="icon-button" aria-label=${t("sidebar.hide")} title=${`${t("sidebar.hide")}  ${hint("sidebar")}`}
          onClick=${toggleSidebar}><${Icon} name="sidebar" /></button>
      </header>
      <button type="button" class="row-button row-button--new" title=${hint("new")} onClick=${newConversation}><${Icon} name="plus" />${t("sidebar.new")}</button>
      <${Search} query=${query} onInput=${search} />
      ${query.trim() ? html`<${SearchResults} query=${query} />`
        : html`
          ${conversations.value.tags.length > 0 && html`<${TagBar} chosen=${aside} onChoose=${(/** @type {string | null} */ tag) => lookAside(tag ?? undefined)} />`}
          ${aside === undefined ? html`<${History} />` : html`<${Shelves} tag=${aside} onClose=${() => lookAside(undefined)} />`}
          ${selected.value ? html`<${SelectionBar} inArchive=${aside === null} />` : html`<${Ways} onArchive=${() => lookAside(null)} />`}`}
      <footer class="sidebar__foot">
        <button type="button" class="row-button" title=${hint("settings")} onClick=${() => { dialog.value = "settings" }}><${Icon} name="settings" />${t("settings.title")}</button>
        <button type="button" class="icon-button" aria-label=${t("help.title")} title=${`${t("help.title")}  ${hint("help")}`}
          onClick=${() => { dialog.value = "help" }}><${Icon} name="help" /></button>
      </footer>
    </aside>
  `
}

/** @param {{ query: string, onInput: (text: string) => void }} props */
function Search({ query, onInput }) {
  const clear = () => {
    onInput("")
    if (!matchMedia("(pointer: coarse)").matches) document.getElementById("search")?.focus()
  }
  /** @param {KeyboardEvent & { currentTarget: HTMLInputElement }} event */
  const press = event => {
    if (isComposing(event)) return
    if (event.key === "Escape" && query) {
      event.preventDefault()
      event.stopPropagation()
      onInput("")
    } else if (event.key === "ArrowDown" || (event.key === "Enter" && query)) {
      event.preventDefault()
      const first = /** @type {HTMLElement | null} */ (document.querySelector(".history .link"))
      if (event.key === "Enter") first?.click()
      else first?.focus()
    }
  }
  return html`
    <label class="field">
      <${Icon} name="search" />
      <input type="search" id="search" value=${query} placeholder=${t("sidebar.search")} aria-label=${t("sidebar.search")} autocomplete="off"
        onFocus=${SearchResults.warm} onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)} onKeyDown=${press} />
      ${query
        ? html`<button type="button" class="icon-button" aria-label=${t("shelf.back")} title=${`${t("shelf.back")}  Esc`} onClick=${clear}><${Icon} name="close" /></button>`
        : html`<kbd>${hint("search")}</kbd>`}
    </label>
  `
}

/** @param {{ onArchive: () => void }} props */
function Ways({ onArchive }) {
  const { store: { conversations }, actions: { selecting } } = usePage()
  const select = async () => (await Promise.all([selecting(), PickLine.warm(), SelectionBar.warm()]))[0].begin()
  return html`
    <div class="sidebar__ways">
      <button type="button" class="row-button" onPointerEnter=${Shelves.warm} onFocus=${Shelves.warm} onClick=${onArchive}><${Icon} name="archive" />${t("shelf.archive")}</button>
      ${conversations.value.items.length > 1 && html`
        <button type="button" class="row-button" onPointerEnter=${PickLine.warm} onFocus=${PickLine.warm} onClick=${select}><${Icon} name="check" />${t("many.select")}</button>`}
    </div>
  `
}

function History() {
  const { folders, items, loaded, next } = usePage().store.conversations.value
  return html`
    <nav class="history" aria-label=${t("sidebar.title")} onKeyDown=${moveAmongLinks}>
      ${folders.length > 0 && html`<${Folders} />`}
      ${groupByDay(items, Date.now()).map(({ period, items }) => html`
        <section key=${period}>
          <h2 class="history__day">${t(`days.${period}`)}</h2>
          ${Array.from({ length: Math.ceil(items.length / STRETCH) }, (_, at) => html`<${Stretch} key=${at} items=${items.slice(at * STRETCH, (at + 1) * STRETCH)} />`)}
        </section>`)}
      ${loaded && !items.length && html`<p class="history__empty">${t("sidebar.empty")}</p>`}
      ${next && html`<${More} key=${next} />`}
    </nav>
  `
}

/** Some lines of the list. Far out of sight they leave an empty place of their height, and ten thousand are as light as fifty. @param {{ items: Conversation[] }} props */
function Stretch({ items }) {
  const [height, leave] = useState(0)
  const place = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    const near = new IntersectionObserver(([{ isIntersecting, boundingClientRect, target }]) => {
      if (isIntersecting) leave(0)
      else if (!target.contains(document.activeElement)) leave(boundingClientRect.height)
    }, { root: place.current?.closest(".history"), rootMargin: "100% 0px" })
    if (place.current) near.observe(place.current)
    return () => near.disconnect()
  }, [])
  return html`<div ref=${place} style=${{ blockSize: height ? `${height}px` : "" }}>${!height && items.map(item => html`<${ConversationLink} key=${item.id} conversation=${item} />`)}</div>`
}

/** Fetches the next page when it comes into sight. */
function More() {
  const { moreConversations } = usePage().actions
  const button = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    const seen = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) void moreConversations() })
    if (button.current) seen.observe(button.current)
    return () => seen.disconnect()
  }, [])
  return html`<button type="button" class="row-button" ref=${button} onClick=${() => moreConversations()}>${t("sidebar.more")}</button>`
}

/** Arrows move among the links, and from the first one back to the search field. @param {KeyboardEvent & { currentTarget: HTMLElement }} event */
export function moveAmongLinks(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
  const links = /** @type {HTMLElement[]} */ ([...event.currentTarget.querySelectorAll(".link, .pick")])
  const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement))
  if (at < 0) return
  event.preventDefault()
  const next = at + (event.key === "ArrowDown" ? 1 : -1)
  if (next < 0) document.getElementById("search")?.focus()
  else links[next]?.focus()
}
