/** What the page says at its edges: that the line is lost, what just happened and how to take it back. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

/** @import { Toast } from "../store.js" */

/** One line above the conversation while the server cannot be reached. */
export function Banner() {
  const { line } = usePage().store
  return html`
    <div class="banner-place" role="status">
      ${line.value !== "online" && html`<p class="banner"><${Icon} name="offline" />${t(`line.${line.value}`)}</p>`}
    </div>
  `
}

/** They stand where they can be pressed: in the page, or in the dialog that is open over it. @param {{ over?: boolean }} props over: in a dialog */
export function Toasts({ over = false }) {
  const { covered, toasts } = usePage().store
  const shown = covered.value === over ? toasts.value : []
  return html`
    <div class="toasts" role="status" aria-live="polite">
      ${shown.map(toast => html`<${Line} key=${toast.id} toast=${toast} />`)}
    </div>
  `
}

/** @param {{ toast: Toast }} props */
function Line({ toast: { id, text, action } }) {
  const { dismiss } = usePage().actions
  const run = () => {
    dismiss(id)
    action?.run()
  }
  return html`
    <p class="toast">
      <span class="toast__text">${text}</span>
      ${action && html`<button type="button" class="toast__action" onClick=${run}>${action.label}</button>`}
      <button type="button" class="icon-button toast__close" aria-label=${t("toast.close")} onClick=${() => dismiss(id)}><${Icon} name="close" /></button>
    </p>
  `
}
