/** A list to choose one thing from: arrows move, Enter takes, letters search (where there is something to search in). */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.js"
import { isComposing } from "../keys.js"
import { Icon } from "./icon.js"

/** @import { Children } from "../view.js" */
/** @typedef {{ id: string, content: Children, selected: boolean, take: () => void }} Option */
/** @typedef {{ id: string, title: string, note?: Children, options: Option[] }} Group */

/**
 * @param {{ label: string, groups: Group[], empty: string, several?: boolean,
 *           search?: { text: string, placeholder: string, onInput: (text: string) => void } }} props
 */
export function Listbox({ label, groups, empty, several = false, search }) {
  const options = groups.flatMap(group => group.options)
  const [moved, move] = useState("")
  const list = useRef(/** @type {HTMLElement | null} */ (null))
  const input = useRef(/** @type {HTMLElement | null} */ (null))
  const at = Math.max(0, options.findIndex(({ id, selected }) => (moved ? id === moved : selected)))
  const active = options[at]

  // On a phone the keyboard would cover half of the list; a finger finds the field when it wants to.
  // At once: what is typed before the next paint is meant for it.
  useLayoutEffect(() => ((matchMedia("(pointer: coarse)").matches ? null : input.current) ?? list.current)?.focus(), [])
  useEffect(() => list.current?.querySelector(".option--active")?.scrollIntoView({ block: "nearest" }), [active?.id])

  /** @param {KeyboardEvent} event */
  const press = event => {
    if (isComposing(event)) return
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8,
      ...(search ? {} : { Home: 0, End: options.length - 1 }) })
    if (event.key in steps) {
      event.preventDefault()
      move(options[Math.min(options.length - 1, Math.max(0, steps[event.key]))]?.id ?? "")
    } else if (event.key === "Enter" || (event.key === " " && !search)) {
      event.preventDefault()
      if (active) move(active.id)
      active?.take()
    }
  }
  const keys = { "aria-activedescendant": active && `option-${active.id}`, onKeyDown: press }

  return html`
    ${search && html`
      <label class="field popover__search">
        <${Icon} name="search" />
        <input type="text" ref=${input} role="combobox" aria-expanded="true" aria-controls="listbox" aria-label=${search.placeholder}
          placeholder=${search.placeholder} value=${search.text} autocomplete="off" spellcheck=${false} ...${keys}
          onInput=${(/** @type {any} */ event) => { move(""); search.onInput(event.currentTarget.value) }} />
      </label>`}
    <div class="listbox" id="listbox" role="listbox" aria-label=${label} aria-multiselectable=${several} ref=${list} tabindex=${search ? -1 : 0} ...${search ? {} : keys}>
      ${groups.map(group => html`
        <div class="listbox__group" role="group" key=${group.id} aria-labelledby=${group.title ? `group-${group.id}` : undefined}>
          ${group.title && html`<p class=${`listbox__title ${group.options.length ? "" : "listbox__title--absent"}`} id=${`group-${group.id}`}><span>${group.title}</span>${group.note}</p>`}
          ${group.options.map(option => html`<${OptionLine} key=${option.id} option=${option} active=${option === active} onTake=${() => { move(option.id); option.take() }} />`)}
        </div>`)}
      ${!groups.length && html`<p class="listbox__empty">${empty}</p>`}
    </div>
  `
}

/** @param {{ option: Option, active: boolean, onTake: () => void }} props */
function OptionLine({ option, active, onTake }) {
  return html`
    <div class=${`option ${active ? "option--active" : ""}`} id=${`option-${option.id}`} role="option" aria-selected=${option.selected}
      onClick=${onTake}>
      <div class="option__content">${option.content}</div>
      ${option.selected && html`<${Icon} name="check" />`}
    </div>
  `
}
