/** While an answer is read aloud: wait, and enough. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { pause, stop } from "../speech.js"
import { Icon, addIcons } from "./icon.js"

addIcons({ pause: "M9 6v12M15 6v12", play: "M8 5.500v13l10.500-6.500z" })

export function Aloud() {
  const { reading } = usePage().store
  const isPaused = reading.value?.paused
  const label = t(isPaused ? "speech.resume" : "speech.pause")
  return html`
    <div class="aloud" role="group" aria-label=${t("speech.title")}>
      <span class="aloud__name">${t("speech.title")}</span>
      <button type="button" class="icon-button" aria-label=${label} title=${label} onClick=${pause}><${Icon} name=${isPaused ? "play" : "pause"} /></button>
      <button type="button" class="icon-button" aria-label=${t("speech.stop")} title=${t("speech.stop")} onClick=${stop}><${Icon} name="close" /></button>
    </div>
  `
}
