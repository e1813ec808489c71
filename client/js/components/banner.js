/** One line above the conversation while the server cannot be reached. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { line } from "../store.js"
import { Icon } from "./icon.js"

export function Banner() {
  return html`
    <div class="banner-place" role="status">
      ${line.value !== "online" && html`<p class="banner"><${Icon} name="offline" />${t(`line.${line.value}`)}</p>`}
    </div>
  `
}
