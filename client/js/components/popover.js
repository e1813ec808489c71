/** A sheet over the page that goes away by Esc, wherever the focus is, and by a click outside. */
import { html, useEffect, useLayoutEffect, useRef } from "../view.js"
import { isComposing } from "../keys.js"

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

  // Wherever the focus is: it may be on its way into the sheet, or nowhere after a click on plain text.
  useLayoutEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape" || isComposing(event) || event.defaultPrevented) return
      event.preventDefault()
      event.stopPropagation()
      onClose()
    }
    document.addEventListener("keydown", press)
    return () => document.removeEventListener("keydown", press)
  }, [onClose])

  return html`
    <div class="popover__scrim" onClick=${onClose}></div>
    <section class=${`popover ${className}`} role="dialog" aria-label=${label} ref=${sheet}>${children}</section>
  `
}
