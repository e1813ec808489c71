/** How the answers of this conversation are asked for: each option is left to the model until one moves it. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { OptionFields } from "./option-fields.js"
import { Popover } from "./popover.js"

/** @param {{ tuning: typeof import("../tuning.js"), onClose: () => void }} props */
export function OptionsPanel({ tuning, onClose }) {
  const { store: { catalogue, dialog }, actions: { shownChoice, shownRole } } = usePage()
  const { changedOptions, resetOptions, setOption, shownOptions, usualOptions } = tuning
  const { model, provider } = shownChoice()
  const known = catalogue.value.models.find(other => other.id === model && other.provider === provider)
  const options = shownOptions()
  const changed = changedOptions(options, usualOptions())
  const hasVariables = Object.values(shownRole()?.variables ?? {}).some(names => names.length)

  return html`
    <${Popover} label=${t("tuning.title")} className="popover--options" onClose=${onClose}>
      <div class="options">
        <p class="options__note">${t("tuning.note")}</p>
        <${OptionFields} options=${options} changed=${changed} thinks=${known?.capabilities.includes("thinking") ?? false} onChange=${setOption} />
        <div class="options__foot">
          ${hasVariables && html`
            <button type="button" class="button button--small" onClick=${() => { onClose(); dialog.value = "values" }}>${t("tuning.values")}</button>`}
          <button type="button" class="button button--small" disabled=${!changed.length} onClick=${resetOptions}>${t("tuning.reset_all")}</button>
        </div>
      </div>
    <//>
  `
}
