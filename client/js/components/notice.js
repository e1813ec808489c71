/** Something went wrong: what happened, and what can be done next. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

/** @import { Trouble } from "../store.js" */

/** What another model cannot mend. */
const NOT_ABOUT_THE_MODEL = new Set(["no_connection", "internal", "stopping", "storage_unavailable", "body_too_large", "conflict", "not_found",
  "cross_site", "too_many_answers", "headers_too_large", "host_unknown"])

/** @param {{ trouble: Trouble, onRetry?: () => void, onProceed?: () => void }} props */
export function Notice({ trouble: { code, values }, onRetry, onProceed }) {
  const { picker, refusal } = usePage().store
  return html`
    <div class="notice" role="alert">
      <${Icon} name="warning" />
      <div class="notice__body">
        <p>${t(`errors.${code}`, values)}</p>
        <p class="notice__steps">
          ${onProceed && html`<button type="button" class="button button--small" onClick=${onProceed}><${Icon} name="forward" />${t("answer.proceed")}</button>`}
          ${onRetry && html`<button type="button" class="button button--small" onClick=${onRetry}><${Icon} name="again" />${t("answer.again")}</button>`}
          ${!NOT_ABOUT_THE_MODEL.has(code) && html`
            <button type="button" class="button button--small" onClick=${() => { picker.value = "model" }}>${t("models.choose_other")}</button>`}
        </p>
      </div>
      ${!onRetry && html`<button type="button" class="icon-button" aria-label=${t("toast.close")} onClick=${() => { refusal.value = null }}><${Icon} name="close" /></button>`}
    </div>
  `
}
