/** A button beside the words selected in an answer. The browser's own menu for them stays where it is. */
import { html, useEffect, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { hint } from "../keys.js"
import { quoteSelection, selectedWords } from "../quoting.js"
import { Icon, addIcons } from "./icon.js"

addIcons({ quote: "M10 7c-3 1-4.5 3-4.5 6.500v3.500h5v-5H8M19 7c-3 1-4.500 3-4.500 6.500v3.500h5v-5H17" })

/** How far from the words, and how wide it may be, pixels. */
const GAP = 8
const WIDTH = 150

export function Quote() {
  const [place, put] = useState(/** @type {DOMRect | null} */ (null))
  /** Words on whose button a finger is: an iPhone gives up the selection before the click. */
  const held = useRef(/** @type {ReturnType<typeof selectedWords>} */ (null))
  useEffect(() => {
    let frame = 0
    const look = () => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(() => put((selectedWords() ?? held.current)?.place ?? null))
    }
    const press = (/** @type {PointerEvent} */ event) => {
      held.current = event.target instanceof Element && event.target.closest(".quote") ? selectedWords() : null
      look()
    }
    look()
    document.addEventListener("selectionchange", look)
    document.addEventListener("pointerdown", press)
    document.addEventListener("scroll", look, { capture: true, passive: true })
    return () => {
      cancelAnimationFrame(frame)
      document.removeEventListener("selectionchange", look)
      document.removeEventListener("pointerdown", press)
      document.removeEventListener("scroll", look, { capture: true })
    }
  }, [])
  if (!place) return null
  const quote = () => {
    quoteSelection(selectedWords() ?? held.current)
    held.current = null
    put(null)
  }
  const style = { top: `${place.bottom + GAP}px`, left: `${Math.max(GAP, Math.min(place.right - WIDTH / 2, innerWidth - WIDTH - GAP))}px` }
  return html`
    <button type="button" class="button button--small quote" style=${style} title=${`${t("quote.do")}  ${hint("quote")}`}
      onPointerDown=${(/** @type {Event} */ event) => event.preventDefault()} onClick=${quote}>
      <${Icon} name="quote" />${t("quote.do")}
    </button>
  `
}
