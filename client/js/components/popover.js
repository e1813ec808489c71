/** A sheet over the page that goes away by Esc, by a click outside, and when the focus leaves it. */
import { html, useEffect, useRef } from "../view.js"

/** @import { Children } from "../view.js" */

/** @param {{ label: string, className?: string, onClose: () => void, children?: Children }} props */
export function Popover({ label, className = "", onClose, children }) {
  const sheet = useRef(/** @type {HTMLElement | null} */ (null))

  useEffect(() => {
    const opener = sheet.current?.parentElement
    const outside = (/** @type {PointerEvent} */ event) => {
      // A click on the button that opened it is the button's own affair.
      if (event.target instanceof Node && !opener?.contains(event.target)) onClose()
    }
    document.addEventListener("pointerdown", outside)
    return () => document.removeEventListener("pointerdown", outside)
  }, [onClose])

  /** @param {KeyboardEvent} event */
  const press = event => {
    if (event.key !== "Escape") return
    event.preventDefault()
    event.stopPropagation()
    onClose()
  }
  return html`
    <div class="popover__scrim" onClick=${onClose}></div>
    <section class=${`popover ${className}`} role="dialog" aria-label=${label} ref=${sheet} onKeyDown=${press}>${children}</section>
  `
}
