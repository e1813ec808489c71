/** Short messages at the edge of the page: what happened, and how to take it back. */
import { html } from "../view.js"
import { dismiss } from "../actions.js"
import { t } from "../i18n.js"
import { toasts } from "../store.js"
import { Icon } from "./icon.js"

/** @import { Toast } from "../store.js" */

export function Toasts() {
  return html`
    <div class="toasts" role="status" aria-live="polite">
      ${toasts.value.map(toast => html`<${Line} key=${toast.id} toast=${toast} />`)}
    </div>
  `
}

/** @param {{ toast: Toast }} props */
function Line({ toast: { id, text, action } }) {
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
