/** After a slash at the beginning of a line: prompts and roles to take by name; then the places of a prompt, one after another. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.js"
import { language, localized, t } from "../i18n.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"
import { matching, nextPlace, slashed } from "../slash.js"
import { Icon, isIcon } from "./icon.js"

/** @typedef {import("../slash.js").Entry & { icon: string, take: (from: number, to: number) => void }} Choice */
/** @typedef {{ field: { current: HTMLTextAreaElement | null }, text: string, library: typeof import("../library.js") }} Props */

/** @param {Props} props */
export function Slash({ field, text, library }) {
  const [, look] = useState(0)
  const [moved, move] = useState(0)
  const [filling, fill] = useState(false)
  const closed = useRef(-1)
  const choices = useChoices(field, library, () => fill(true))
  const caret = field.current?.selectionStart ?? text.length
  const place = slashed(text, caret)
  if (!place) closed.current = -1
  const found = place && place.from !== closed.current ? [...matching(choices.all, place.word), choices.fresh] : []
  const at = Math.min(moved, found.length - 1)
  const active = found[at]
  const next = filling ? nextPlace(text, field.current?.selectionEnd ?? 0) ?? nextPlace(text, 0) : null
  const take = (/** @type {Choice} */ choice) => { if (place) choice.take(place.from, caret) }

  useEffect(() => move(0), [place?.word])
  useEffect(() => {
    const turn = () => { if (document.activeElement === field.current) look(times => times + 1) }
    document.addEventListener("selectionchange", turn)
    return () => document.removeEventListener("selectionchange", turn)
  }, [])
  useLayoutEffect(() => describe(field.current, active), [active?.id])

  /** @param {KeyboardEvent} event */
  const press = event => {
    const isHere = event.target === field.current || (event.target instanceof Element && event.target.id === "slash")
    if (!isHere || isComposing(event) || event.ctrlKey || event.metaKey || event.altKey) return
    if (!active && event.key !== "Tab") return
    if (event.key === "ArrowDown") move((at + 1) % found.length)
    else if (event.key === "ArrowUp") move((at + found.length - 1) % found.length)
    else if (event.key === "Escape") { closed.current = place?.from ?? -1; look(times => times + 1) }
    else if (active && ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab")) take(active)
    else if (event.key !== "Tab" || !filling || !select(field.current, event.shiftKey)) return
    event.preventDefault()
    event.stopPropagation()
  }
  // Before the composer itself, which would send; and before the next key, which a fast hand presses ahead of the next paint.
  useLayoutEffect(() => {
    const form = field.current?.form
    form?.addEventListener("keydown", press, true)
    return () => form?.removeEventListener("keydown", press, true)
  })

  return html`
    ${active && html`
      <div class="slash">
        <div class="listbox" id="slash" role="listbox" tabindex="0" aria-label=${t("slash.title")}>
          ${found.map(choice => html`<${Line} key=${choice.id} choice=${choice} active=${choice === active} onTake=${() => take(choice)} />`)}
        </div>
      </div>`}
    ${next && !active && html`
      <button type="button" class="slash__next button button--small" onPointerDown=${(/** @type {Event} */ event) => event.preventDefault()}
        onClick=${() => { if (!select(field.current)) select(field.current, false, 0) }}>${t("slash.next", { name: text.slice(next[0] + 2, next[1] - 2).trim() })}<kbd>Tab</kbd></button>`}
    <p class="visually-hidden" role="status">${active ? t("slash.found", { count: found.length - 1 }) : ""}</p>
  `
}

/** @param {{ choice: Choice, active: boolean, onTake: () => void }} props */
function Line({ choice: { id, icon, title, more }, active, onTake }) {
  const line = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => { if (active) line.current?.scrollIntoView({ block: "nearest" }) }, [active])
  return html`
    <div class=${`option slash__option ${active ? "option--active" : ""}`} id=${`slash-${id}`} role="option" aria-selected=${active} ref=${line}
      onPointerDown=${(/** @type {Event} */ event) => event.preventDefault()} onClick=${onTake}>
      <span class="slash__icon" aria-hidden="true">${isIcon(icon) ? html`<${Icon} name=${icon} />` : icon}</span>
      <span class="option__name">${title}</span><small class="option__more">${more}</small>
    </div>
  `
}

/**
 * Own prompts, ready ones, roles; and one that begins a new prompt with what is written already.
 * @param {Props["field"]} field @param {Props["library"]} library @param {() => void} onPlaces @returns {{ all: Choice[], fresh: Choice }}
 */
function useChoices(field, library, onPlaces) {
  const { store: { catalogue }, actions: { chooseRole } } = usePage()
  useEffect(() => void library.readPrompts(), [language()])
  const prompts = library.prompts.value.map(({ id, name, text }) => ({
    id: `prompt-${id}`, names: Object.values(name), icon: "slash", title: localized(name), more: localized(text).slice(0, 120),
    take: (/** @type {number} */ from, /** @type {number} */ to) => {
      put(field.current, from, to, localized(text))
      if (field.current && nextPlace(localized(text), 0) && select(field.current, false, from)) onPlaces()
    },
  }))
  const roles = catalogue.value.roles.map(({ id, icon, title, description }) => ({
    id: `role-${id.replaceAll(/\W/g, "_")}`, names: Object.values(title), icon, title: localized(title), more: localized(description),
    take: (/** @type {number} */ from, /** @type {number} */ to) => { put(field.current, from, to, ""); chooseRole(id) },
  }))
  const fresh = {
    id: "new", names: [], icon: "plus", title: t("library.new_prompt"), more: t("slash.fresh"),
    take: (/** @type {number} */ from, /** @type {number} */ to) => {
      put(field.current, from, to, "")
      library.keepAsPrompt(field.current?.value.trim() ?? "")
    },
  }
  return { all: [...prompts, ...roles], fresh }
}

/** So that it can be undone like anything typed. @param {HTMLTextAreaElement | null} field @param {number} from @param {number} to @param {string} text */
function put(field, from, to, text) {
  if (!field) return
  field.focus()
  field.setSelectionRange(from, to)
  if (document.execCommand(text ? "insertText" : "delete", false, text)) return
  field.setRangeText(text, from, to, "end")
  field.dispatchEvent(new InputEvent("input", { bubbles: true }))
}

/** Select the next place to fill in. @param {HTMLTextAreaElement | null} field @param {boolean} [back] @param {number} [from] */
function select(field, back = false, from) {
  if (!field) return false
  const place = nextPlace(field.value, from ?? (back ? field.selectionStart : field.selectionEnd), back)
  if (place) {
    field.focus()
    field.setSelectionRange(...place)
  }
  return Boolean(place)
}

/** Tell whoever listens that the box has a list, and what is chosen in it. @param {HTMLTextAreaElement | null} field @param {Choice | undefined} active */
function describe(field, active) {
  const said = { "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": "slash", "aria-activedescendant": `slash-${active?.id}` }
  for (const [name, value] of Object.entries(said)) {
    if (active) field?.setAttribute(name, value)
    else field?.removeAttribute(name)
  }
  return () => { for (const name of Object.keys(said)) field?.removeAttribute(name) }
}
