/** The sheet of a menu, below its button or above it: arrows move in it; Esc, Tab and a click elsewhere close it. */
import { html, useEffect, useLayoutEffect, useRef } from "../view.js"
import { Icon } from "./icon.js"

/** @typedef {{ icon: string, label: string, keys?: string, danger?: boolean, run: () => void }} Item */

/** @param {{ label: string, items: Item[], note?: string, onClose: (how: { focusBack: boolean }) => void }} props `note`: a line below that only tells something */
export function Menu({ label, items, note = "", onClose }) {
  const sheet = useRef(/** @type {HTMLElement | null} */ (null))

  // Before the first paint: a focus that came later would take back the one that the next key has moved.
  useLayoutEffect(() => {
    if (!sheet.current) return
    if (belongsAbove(sheet.current)) sheet.current.classList.add("menu__sheet--above")
    const first = /** @type {HTMLElement | null} */ (sheet.current.querySelector("[role=menuitem]"))
    first?.focus()
    sheet.current.scrollIntoView({ block: "nearest" }) // near the end of a list it would be cut off
  }, [])
  useEffect(() => {
    const outside = (/** @type {PointerEvent} */ event) => {
      // A click on the button that opened it is the button's own affair.
      if (event.target instanceof Node && !sheet.current?.parentElement?.contains(event.target)) onClose({ focusBack: false })
    }
    document.addEventListener("pointerdown", outside)
    return () => document.removeEventListener("pointerdown", outside)
  }, [])

  /** @param {KeyboardEvent & { currentTarget: HTMLElement }} event */
  const press = event => {
    const all = /** @type {HTMLElement[]} */ ([...event.currentTarget.querySelectorAll("[role=menuitem]")])
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement))
    if (event.key === "Escape" || event.key === "Tab") onClose({ focusBack: true })
    else if (event.key === "ArrowDown") all[(at + 1) % all.length]?.focus()
    else if (event.key === "ArrowUp") all.at(at - 1)?.focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return html`
    <div class="menu__sheet" role="menu" aria-label=${label} ref=${sheet} onKeyDown=${press}>
      ${items.map(item => html`
        <button type="button" role="menuitem" key=${item.label} tabindex="-1" class=${`menu__item ${item.danger ? "menu__item--danger" : ""}`}
          onClick=${() => { onClose({ focusBack: true }); item.run() }}>
          <${Icon} name=${item.icon} /><span>${item.label}</span>${item.keys && html`<kbd>${item.keys}</kbd>`}
        </button>`)}
      ${note && html`<div class="menu__note">${note}</div>`}
    </div>
  `
}

/** Whether what scrolls around it would cut it off below, and has room for it above. @param {HTMLElement} sheet */
function belongsAbove(sheet) {
  const button = sheet.parentElement?.getBoundingClientRect()
  let around = sheet.parentElement
  while (around && !["auto", "scroll"].includes(getComputedStyle(around).overflowY)) around = around.parentElement
  if (!button || !around) return false
  const { top, bottom } = around.getBoundingClientRect()
  return button.bottom + sheet.offsetHeight > bottom && button.top - sheet.offsetHeight > top
}
