/** A dialog over the page: the browser keeps the focus in it, closes it on Esc and gives the focus back. */
import { html, useLayoutEffect, useRef } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Toasts } from "./edge.js"
import { Icon } from "./icon.js"

/** @import { Children } from "../view.js" */

/** @param {{ title: string, children?: Children }} props */
export function Dialog({ title, children }) {
  const { place, close } = useModal()
  const heading = useRef(/** @type {HTMLElement | null} */ (null))
  useLayoutEffect(() => heading.current?.focus(), []) // at once: what stands in the dialog may take the focus from it, but never the other way round

  return html`
    <dialog class="dialog" ref=${place} aria-labelledby="dialog-title" onClose=${close}
      onClick=${(/** @type {any} */ event) => { if (event.target === event.currentTarget) close() }}>
      <div class="dialog__sheet">
        <header class="dialog__head">
          <h2 id="dialog-title" tabindex="-1" ref=${heading}>${title}</h2>
          <button type="button" class="icon-button" aria-label=${t("toast.close")} onClick=${close}><${Icon} name="close" /></button>
        </header>
        ${children}
      </div>
      <${Toasts} over />
    </dialog>
  `
}

/** An element <dialog> that is open as long as it is drawn; the focus goes back to where it was. */
export function useModal() {
  const { covered, dialog } = usePage().store
  const place = useRef(/** @type {HTMLDialogElement | null} */ (null))
  const isDrawn = useRef(true)
  useLayoutEffect(() => {
    const before = document.activeElement
    const element = place.current
    element?.showModal()
    covered.value = true
    return () => {
      isDrawn.current = false
      covered.value = false
      element?.close() // while it is open nothing else can be focused
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  // The browser tells of the closing a moment later, when another dialog may be open.
  return { place, close: () => { if (isDrawn.current) dialog.value = "" } }
}
