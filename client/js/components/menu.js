/** A button with three dots and what it offers. */
import { html, useEffect, useRef, useState } from "../view.js"
import { Icon } from "./icon.js"

/** @typedef {{ icon: string, label: string, keys?: string, danger?: boolean, run: () => void }} Item */

/** @param {{ label: string, items: Item[] }} props */
export function Menu({ label, items }) {
  const [isOpen, open] = useState(false)
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null))
  const place = useRef(/** @type {HTMLElement | null} */ (null))

  const close = () => {
    open(false)
    button.current?.focus()
  }
  useEffect(() => {
    if (!isOpen) return
    const first = /** @type {HTMLElement | null} */ (place.current?.querySelector("[role=menuitem]"))
    first?.focus()
    const outside = (/** @type {PointerEvent} */ event) => {
      if (event.target instanceof Node && !place.current?.contains(event.target)) open(false)
    }
    document.addEventListener("pointerdown", outside)
    return () => document.removeEventListener("pointerdown", outside)
  }, [isOpen])

  /** @param {KeyboardEvent & { currentTarget: HTMLElement }} event */
  const press = event => {
    if (!isOpen) return
    const all = /** @type {HTMLElement[]} */ ([...event.currentTarget.querySelectorAll("[role=menuitem]")])
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement))
    if (event.key === "Escape" || event.key === "Tab") close()
    else if (event.key === "ArrowDown") all[(at + 1) % all.length]?.focus()
    else if (event.key === "ArrowUp") all.at(at - 1)?.focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return html`
    <div class=${`menu ${isOpen ? "menu--open" : ""}`} ref=${place} onKeyDown=${press}>
      <button type="button" class="icon-button menu__button" ref=${button} aria-haspopup="menu" aria-expanded=${isOpen} aria-label=${label}
        onClick=${() => open(!isOpen)}><${Icon} name="more" /></button>
      ${isOpen && html`
        <div class="menu__sheet" role="menu" aria-label=${label}>
          ${items.map(item => html`
            <button type="button" role="menuitem" key=${item.label} tabindex="-1" class=${`menu__item ${item.danger ? "menu__item--danger" : ""}`}
              onClick=${() => { close(); item.run() }}>
              <${Icon} name=${item.icon} /><span>${item.label}</span>${item.keys && html`<kbd>${item.keys}</kbd>`}
            </button>`)}
        </div>`}
    </div>
  `
}
