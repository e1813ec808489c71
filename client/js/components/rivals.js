/** Above the composer: who will answer the next question side by side. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { toggled } from "../rivals.js"
import { Icon } from "./icon.js"

export function Rivals() {
  const { store: { rivals }, actions: { modelTitle } } = usePage()
  return html`
    <ul class="rivals" aria-label=${t("compare.who")}>
      ${rivals.value.map(rival => {
        const model = modelTitle(rival.model, rival.provider)
        return html`
          <li class="rival" key=${`${rival.provider} ${rival.model}`}>
            <span class="rival__name">${model}</span>
            <button type="button" class="icon-button" aria-label=${t("compare.without", { model })} title=${t("compare.without", { model })}
              onClick=${() => { rivals.value = toggled(rivals.value, rival) }}><${Icon} name="close" /></button>
          </li>`
      })}
    </ul>
  `
}
