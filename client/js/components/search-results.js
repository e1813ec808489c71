/** What the server found while one types: title, place and day of every message, the newest or the best first. */
import { html, useEffect, useState } from "../view.js"
import { has, t, day } from "../i18n.js"
import { usePage } from "../page.js"
import { moveAmongLinks } from "./sidebar.js"
import { Icon } from "./icon.js"
import { Marked } from "./marked.js"

/** @import { Found } from "../api.js" */

/** A pause in typing that is worth a question, milliseconds. */
const PAUSE = 120
const DAY = 86_400
/** How far back to look, days. */
const SPANS = { any: 0, week: 7, month: 31, year: 366 }
/** @typedef {{ results: Found[], next: string | null }} Page */

/** @param {{ query: string }} props */
export function SearchResults({ query }) {
  const [span, look] = useState(/** @type {keyof typeof SPANS} */ ("any"))
  const [order, sort] = useState(/** @type {"newest" | "best"} */ ("newest"))
  const { page, trouble, more } = useSearch(query, span, order)
  const count = page?.results.length ?? 0

  return html`
    <div class="search">
      <div class="search__filters">
        <${Choice} name="span" value=${span} options=${Object.keys(SPANS)} onChange=${look} />
        <${Choice} name="order" value=${order} options=${["newest", "best"]} onChange=${sort} />
      </div>
      <nav class="history" aria-label=${t("search.results")} onKeyDown=${moveAmongLinks}>
        ${page?.results.map(found => html`<${Result} key=${found.message_id} found=${found} />`)}
        ${page?.next && html`<button type="button" class="row-button" onClick=${more}>${t("sidebar.more")}</button>`}
        <p class=${count ? "visually-hidden" : "history__empty"} role="status">
          ${trouble ? (has(`errors.${trouble}`) ? t(`errors.${trouble}`) : t("errors.internal")) : page && (count ? t("search.found", { count }) : t("search.nothing"))}
        </p>
      </nav>
    </div>
  `
}

/**
 * Ask after a pause in typing; the question before is taken back.
 * @param {string} query @param {keyof typeof SPANS} span @param {"newest" | "best"} order
 */
function useSearch(query, span, order) {
  const { shelving } = usePage().actions
  const [page, show] = useState(/** @type {Page | null} */ (null))
  const [trouble, complain] = useState("")
  const from = SPANS[span] ? Math.floor(Date.now() / 1000 / DAY - SPANS[span]) * DAY : 0
  const wanted = { q: query, order, ...(from ? { from } : {}) }

  useEffect(() => {
    const asking = new AbortController()
    const waiting = setTimeout(async () => {
      const { found, code } = await (await shelving()).search(wanted, asking.signal)
      if (asking.signal.aborted) return
      if (found) show(found)
      complain(code ?? "")
    }, PAUSE)
    return () => {
      clearTimeout(waiting)
      asking.abort()
    }
  }, [query, span, order])

  const more = async () => {
    const { found } = await (await shelving()).search({ ...wanted, before: page?.next ?? "" })
    if (page && found) show({ results: [...page.results, ...found.results], next: found.next })
  }
  return { page, trouble, more }
}

/** @param {{ found: Found }} props */
function Result({ found }) {
  const { store: { drawer }, actions: { addressOf, openMessage } } = usePage()
  const { conversation, message_id: message, title, title_ranges: inTitle, snippet, ranges, created_at: at, archived, role } = found
  /** @param {MouseEvent} event */
  const open = event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    drawer.value = false
    openMessage(conversation, message)
  }
  return html`
    <a class="link found" href=${addressOf(conversation)} onClick=${open}>
      <span class="found__head">
        <span class="found__title">${title ? html`<${Marked} text=${title} ranges=${inTitle} />` : t("sidebar.untitled")}</span>
        ${archived && html`<span class="found__archived" title=${t("shelf.archived")}><${Icon} name="archive" /><span class="visually-hidden">${t("shelf.archived")}</span></span>`}
        <time class="found__day" datetime=${new Date(at * 1000).toISOString()}>${day(at)}</time>
      </span>
      <span class="found__place"><span class="visually-hidden">${t(role === "user" ? "messages.question" : "messages.answer")}: </span>
        <${Marked} text=${snippet} ranges=${ranges} /></span>
    </a>
  `
}

/** @param {{ name: string, value: string, options: string[], onChange: (value: any) => void }} props */
function Choice({ name, value, options, onChange }) {
  return html`
    <select class="search__choice" aria-label=${t(`search.${name}`)} value=${value} onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.value)}>
      ${options.map(option => html`<option key=${option} value=${option} selected=${option === value}>${t(`search.${name}_${option}`)}</option>`)}
    </select>
  `
}
