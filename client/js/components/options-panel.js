/** How the answers of this conversation are asked for: each option is left to the model until one moves it. */
import { html, useState } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { OptionFields } from "./option-fields.js"
import { Popover } from "./popover.js"

/** @param {{ tuning: typeof import("../tuning.js"), onClose: () => void }} props */
export function OptionsPanel({ tuning, onClose }) {
  const { store: { catalogue, dialog }, actions: { shownChoice, shownRole } } = usePage()
  const { bringOptionsBack, changedOptions, resetOptions, setOption, shownOptions, usualOptions } = tuning
  const [before, remember] = useState(/** @type {import("../api.js").Options | null} */ (null))
  const { model, provider } = shownChoice()
  const known = catalogue.value.models.find(other => other.id === model && other.provider === provider)
  const options = shownOptions()
  const changed = changedOptions(options, usualOptions())
  const reset = () => {
    remember(options)
    resetOptions()
  }
  const takeBack = () => {
    if (before) bringOptionsBack(before)
    remember(null)
  }
  const hasVariables = Object.values(shownRole()?.variables ?? {}).some(names => names.length)

  return html`
    <${Popover} label=${t("tuning.title")} className="popover--options" onClose=${onClose}>
      <div class="options">
        <p class="options__note">${t("tuning.note")}</p>
        <${OptionFields} options=${options} changed=${changed} thinks=${known?.capabilities.includes("thinking") ?? false} onChange=${setOption} />
        <div class="options__foot">
          ${hasVariables && html`
            <button type="button" class="button button--small" onClick=${() => { onClose(); dialog.value = "values" }}>${t("tuning.values")}</button>`}
          ${before && !changed.length
            ? html`<button type="button" class="button button--small" key="reset" onClick=${takeBack}>${t("toast.undo")}</button>`
            : html`<button type="button" class="button button--small" key="reset" disabled=${!changed.length} onClick=${reset}>${t("tuning.reset_all")}</button>`}
        </div>
      </div>
    <//>
  `
}
