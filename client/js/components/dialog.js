/** A dialog over the page: the browser keeps the focus in it, closes it on Esc and gives the focus back. */
import { html, useEffect, useRef } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

/** @import { Children } from "../view.js" */

/** @param {{ title: string, children?: Children }} props */
export function Dialog({ title, children }) {
  const { dialog } = usePage().store
  const place = useRef(/** @type {HTMLDialogElement | null} */ (null))
  const heading = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    const before = document.activeElement
    place.current?.showModal()
    heading.current?.focus()
    return () => { if (before instanceof HTMLElement) before.focus() }
  }, [])
  const close = () => { dialog.value = "" }

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
    </dialog>
  `
}
