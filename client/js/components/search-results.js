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
/** @typedef {{ span: keyof typeof SPANS, order: "newest" | "best", place: string, model: string }} Filters `place`: "any", "list", "archive", or a folder or tag behind its mark */
/** @type {Filters} */
const WIDE = { span: "any", order: "newest", place: "any", model: "" }
/** What tells the name of a folder, or of a tag, from the other places. */
const FOLDER = "folder:"
const TAG = "tag:"

/** @param {{ query: string }} props */
export function SearchResults({ query }) {
  const [filters, narrow] = useState(WIDE)
  const { page, trouble, more } = useSearch(query, filters)
  const set = (/** @type {keyof Filters} */ name) => (/** @type {string} */ value) => narrow({ ...filters, [name]: value })
  const count = page?.results.length ?? 0

  return html`
    <div class="search">
      <div class="search__filters">
        <${Choice} name="span" value=${filters.span} options=${Object.keys(SPANS)} onChange=${set("span")} />
        <${Choice} name="order" value=${filters.order} options=${["newest", "best"]} onChange=${set("order")} />
        <${Place} value=${filters.place} onChange=${set("place")} />
        <${ModelChoice} value=${filters.model} onChange=${set("model")} />
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
 * @param {string} query @param {Filters} filters
 */
function useSearch(query, filters) {
  const { shelving } = usePage().actions
  const [page, show] = useState(/** @type {Page | null} */ (null))
  const [trouble, complain] = useState("")
  const wanted = { q: query, ...asAsked(filters) }

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
  }, [query, filters])

  const more = async () => {
    const { found } = await (await shelving()).search({ ...wanted, before: page?.next ?? "" })
    if (page && found) show({ results: [...page.results, ...found.results], next: found.next })
  }
  return { page, trouble, more }
}

/** @param {Filters} filters @returns {Omit<import("../api.js").Looked, "q">} */
function asAsked({ span, order, place, model }) {
  const from = SPANS[span] ? Math.floor(Date.now() / 1000 / DAY - SPANS[span]) * DAY : 0
  return {
    order,
    ...(from ? { from } : {}),
    ...(model ? { model } : {}),
    ...(place.startsWith(FOLDER) ? { folder: place.slice(FOLDER.length) } : {}),
    ...(place.startsWith(TAG) ? { tag: place.slice(TAG.length) } : {}),
    ...(place === "list" ? { archived: 0 } : place === "archive" ? { archived: 1 } : {}),
  }
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

/** Everywhere, in the archive, in one folder, or what bears one tag. @param {{ value: string, onChange: (value: any) => void }} props */
function Place({ value, onChange }) {
  const { folders, tags } = usePage().store.conversations.value
  const named = (/** @type {string} */ mark, /** @type {{ name: string }[]} */ names, /** @type {string} */ label) => names.length > 0 && html`
    <optgroup label=${label}>${names.map(({ name }) => html`<option key=${name} value=${mark + name} selected=${value === mark + name}>${name}</option>`)}</optgroup>`
  return html`
    <select class="search__choice" aria-label=${t("search.place")} onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.value)}>
      ${["any", "list", "archive"].map(place => html`<option key=${place} value=${place} selected=${value === place}>${t(`search.place_${place}`)}</option>`)}
      ${named(FOLDER, folders, t("folders.title"))}${named(TAG, tags, t("tags.title"))}
    </select>
  `
}

/** The models there are, and those of the conversations in the list. @param {{ value: string, onChange: (value: any) => void }} props */
function ModelChoice({ value, onChange }) {
  const { store: { catalogue, conversations }, actions: { modelTitle } } = usePage()
  const known = [...conversations.value.items.map(({ model, provider }) => ({ id: model ?? "", provider: provider ?? "" })), ...catalogue.value.models]
  const titles = new Map(known.filter(({ id }) => id).map(({ id, provider }) => [id, modelTitle(id, provider)]))
  if (titles.size < 2) return null
  return html`
    <select class="search__choice" aria-label=${t("search.model")} onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.value)}>
      <option value="" selected=${!value}>${t("search.model_any")}</option>
      ${[...titles].map(([id, title]) => html`<option key=${id} value=${id} selected=${value === id}>${title}</option>`)}
    </select>
  `
}
