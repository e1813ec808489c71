/** How full the model's memory is: nothing until it is half full, a warning when little is left, and what no longer fits. */
import { html, useRef } from "../view.js"
import { language, t } from "../i18n.js"
import { fullness } from "../meter.js"
import { usePage } from "../page.js"

/** From where on it is shown, and from where on it warns. */
const SHOWN = 0.5
const FEW_LEFT = 0.9

/** @param {{ draft: string }} props */
export function Meter({ draft }) {
  const { store: { answering, catalogue, messageSignal, path, tuning }, actions: { shownChoice, shownRole } } = usePage()
  const known = useRef({ share: 0, dropped: 0 })
  const { model, provider } = shownChoice()
  const options = tuning.value.options ?? shownRole()?.options ?? {}
  const size = options.context_length || catalogue.value.models.find(other => other.id === model && other.provider === provider)?.context_length
  // While an answer grows its text is not counted a hundred times a second.
  if (size && !answering.value) known.current = fullness(path.value.map(id => messageSignal(id).peek()), draft, size, { answer: options.max_tokens, role: shownRole()?.bytes?.[language()] })
  const { share, dropped } = known.current
  if (!size || share < SHOWN) return null

  const percent = Math.min(100, Math.round(share * 100))
  const isWarning = share >= FEW_LEFT
  return html`
    <p class=${`meter ${isWarning ? "meter--warn" : ""}`} role="status">
      <meter class="meter__bar" min="0" max="100" value=${percent} aria-hidden="true"></meter>
      <span>${t("meter.full", { percent })}</span>
      ${isWarning && html`<span>${dropped ? t("meter.dropped", { count: dropped }) : t("meter.soon")}</span>`}
    </p>
  `
}
