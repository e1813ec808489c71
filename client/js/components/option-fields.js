/** The options of answers as fields. One that is not set shows that the model decides. */
import { html, useEffect, useRef } from "../view.js"
import { number, t } from "../i18n.js"
import { Icon } from "./icon.js"

/** @import { Options } from "../api.js" */
/** @typedef {(name: keyof Options, value: number | string | undefined) => void} OnChange */

const EFFORTS = ["none", "low", "medium", "high"]
/** Where the handle stands while nothing is set. */
const MIDDLE = { temperature: 1, top_p: 1 }

/**
 * @param {{ options: Options, changed: (keyof Options)[], thinks: boolean, focused?: boolean, onChange: OnChange }} props
 * `thinks`: the model can be told how much to think; `focused`: the first field gets the focus
 */
export function OptionFields({ options, changed, thinks, focused = true, onChange }) {
  const field = (/** @type {keyof Options} */ name) => ({ name, value: options[name], isChanged: changed.includes(name), onChange })
  return html`
    <${Slider} ...${field("temperature")} max=${2} step=${0.1} focused=${focused} />
    <${Slider} ...${field("top_p")} max=${1} step=${0.05} />
    <${Line} ...${field("max_tokens")}>
      <input id="option-max_tokens" class="options__input" type="number" min="1" max="1000000" step="1" inputmode="numeric" placeholder=${t("tuning.unset")}
        value=${options.max_tokens ?? ""} onChange=${(/** @type {any} */ event) => onChange("max_tokens", whole(event.currentTarget.value))} />
    <//>
    ${(thinks || options.reasoning_effort) && html`
      <${Line} ...${field("reasoning_effort")}>
        <select id="option-reasoning_effort" class="options__input" value=${options.reasoning_effort ?? ""}
          onChange=${(/** @type {any} */ event) => onChange("reasoning_effort", event.currentTarget.value || undefined)}>
          <option value="">${t("tuning.unset")}</option>
          ${EFFORTS.map(effort => html`<option key=${effort} value=${effort}>${t(`tuning.effort_${effort}`)}</option>`)}
        </select>
      <//>`}
  `
}

/** @param {{ name: "temperature" | "top_p", value: number | undefined, isChanged: boolean, max: number, step: number, focused?: boolean, onChange: OnChange }} props */
function Slider({ name, value, isChanged, max, step, focused, onChange }) {
  const handle = useRef(/** @type {HTMLInputElement | null} */ (null))
  useEffect(() => { if (focused) handle.current?.focus() }, [])
  const said = value === undefined ? t("tuning.unset") : number(value, 2)
  return html`
    <${Line} name=${name} value=${value} isChanged=${isChanged} said=${said} onChange=${onChange}>
      <input id=${`option-${name}`} ref=${handle} class=${`options__slider ${value === undefined ? "options__slider--unset" : ""}`} type="range" min="0" max=${max} step=${step}
        value=${value ?? MIDDLE[name]} aria-valuetext=${said} aria-describedby=${`hint-${name}`}
        onInput=${(/** @type {any} */ event) => onChange(name, Number(event.currentTarget.value))} />
      <small class="options__hint" id=${`hint-${name}`}>${t(`tuning.${name}_hint`)}</small>
    <//>
  `
}

/** @param {{ name: keyof Options, value: unknown, isChanged: boolean, said?: string, onChange: OnChange, children?: import("../view.js").Children }} props */
function Line({ name, value, isChanged, said = "", onChange, children }) {
  const label = t(`tuning.${name}`)
  const leave = () => {
    onChange(name, undefined)
    document.getElementById(`option-${name}`)?.focus()
  }
  return html`
    <div class=${`options__line ${isChanged ? "options__line--changed" : ""}`}>
      <p class="options__head">
        <label for=${`option-${name}`}>${label}${isChanged && html`<span class="options__mark" role="img" aria-label=${t("tuning.changed")} title=${t("tuning.changed")}></span>`}</label>
        <span class="options__said" aria-hidden="true">${said}</span>
        ${value !== undefined && html`
          <button type="button" class="icon-button" aria-label=${`${label}: ${t("tuning.leave")}`} title=${t("tuning.leave")} onClick=${leave}><${Icon} name="close" /></button>`}
      </p>
      ${children}
    </div>
  `
}

/** @param {string} written */
const whole = written => Math.min(1_000_000, Math.floor(Number(written))) || undefined
