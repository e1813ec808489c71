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

export function Toasts() {
  const { toasts } = usePage().store
  return html`
    <div class="toasts" role="status" aria-live="polite">
      ${toasts.value.map(toast => html`<${Line} key=${toast.id} toast=${toast} />`)}
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
