/** Asks for tags in place of a conversation's line: those it has, and a field for more with the known ones at hand. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

/** As many as a conversation can have. */
const MOST = 20

/** @param {{ tags: string[], onDone: (tags: string[] | null) => void }} props null: leave as it was */
export function TagField({ tags: before, onDone }) {
  const known = usePage().store.conversations.value.tags
  const [tags, set] = useState(before)
  const [text, write] = useState("")
  const place = useRef(/** @type {HTMLElement | null} */ (null))
  const field = useRef(/** @type {HTMLInputElement | null} */ (null))
  const done = useRef(false)
  useLayoutEffect(() => field.current?.focus(), [])

  const finish = (/** @type {string[] | null} */ wanted) => {
    if (done.current) return
    done.current = true
    onDone(wanted)
  }
  /** With what is being written. @param {string} [more] */
  const withText = (more = text) => {
    const name = more.replace(/[\s,]+/g, " ").trim().slice(0, 60)
    return name && !tags.includes(name) && tags.length < MOST ? [...tags, name] : tags
  }
  const add = (/** @type {string} */ more) => {
    set(withText(more))
    write("")
    field.current?.focus()
  }
  /** @param {KeyboardEvent} event */
  const press = event => {
    event.stopPropagation()
    if (isComposing(event)) return
    if (event.key === "Enter") text.trim() ? add(text) : finish(tags)
    else if (event.key === "," && text.trim()) add(text)
    else if (event.key === "Backspace" && !text && event.target === field.current) set(tags.slice(0, -1))
    else if (event.key === "Escape") finish(null)
    else return
    event.preventDefault()
  }
  /** @param {EventTarget | null} to */
  const leave = to => {
    if (to instanceof Node && !place.current?.contains(to)) finish(withText())
  }
  // A button that is clicked takes no focus in Safari, and in Firefox on a Mac: where the focus goes is not known then.
  useEffect(() => {
    const press = (/** @type {PointerEvent} */ event) => leave(event.target)
    document.addEventListener("pointerdown", press)
    return () => document.removeEventListener("pointerdown", press)
  })
  const offered = known.map(({ name }) => name).filter(name => !tags.includes(name) && name.toLowerCase().includes(text.trim().toLowerCase())).slice(0, 6)
  return html`
    <div class="tag-field" role="group" aria-label=${t("tags.title")} ref=${place} onKeyDown=${press} onFocusOut=${(/** @type {FocusEvent} */ event) => leave(event.relatedTarget)}>
      ${tags.map(name => html`
        <span class="tag" key=${name}>${name}<button type="button" class="tag__remove" aria-label=${t("tags.remove", { name })}
          onClick=${() => { set(tags.filter(other => other !== name)); field.current?.focus() }}><${Icon} name="close" /></button></span>`)}
      <input class="tag-field__input" ref=${field} value=${text} aria-label=${t("tags.add")} placeholder=${t("tags.hint")} maxlength="60" autocomplete="off"
        onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)} />
      ${offered.length > 0 && html`
        <div class="tag-field__offered" role="group" aria-label=${t("tags.known")}>
          ${offered.map(name => html`<button type="button" class="tag tag--offered" key=${name} onClick=${() => add(name)}>${name}</button>`)}
        </div>`}
    </div>
  `
}
