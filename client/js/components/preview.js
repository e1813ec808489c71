/** What a block of HTML, SVG or a diagram looks like: an isolated frame, with what one may do to it below. */
import { html, useEffect, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { preview } from "../markdown/preview.js"
import { Icon } from "./icon.js"

/** Something in the page that wants to run. */
const ACTIVE = /<script\b|\bon[a-z]+\s*=|javascript:/i

/** @typedef {"shown" | "stopped" | import("../markdown/preview.js").Ending} State */

/** @param {{ kind: import("../markdown/languages.js").Previewed, source: string }} props */
export function Preview({ kind, source }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null))
  const [state, setState] = useState(/** @type {State} */ ("shown"))
  const [isRunning, run] = useState(false)
  const how = kind === "diagram" ? "diagram" : isRunning ? "running" : "still"

  useEffect(() => {
    if (state !== "shown" || !place.current) return
    return preview(place.current, t("preview.title"), { how, source, dark: kind === "diagram" && isDark(place.current) }, setState)
  }, [state, how, source])

  const again = () => setState("shown")
  return html`
    <div class=${`preview preview--${kind}`}>
      ${state === "shown"
        ? html`<div class="preview__place" ref=${place}></div>`
        : html`<p class="preview__ending" role="status"><span>${t(`preview.${state}`)}</span><button type="button" class="button button--small" onClick=${again}><${Icon} name="again" />${t("preview.again")}</button></p>`}
      ${state === "shown" && kind === "page" && html`
        <p class="preview__foot">
          <span>${t(isRunning ? "preview.runs" : "preview.still")}</span>
          ${isRunning
            ? html`<button type="button" class="button button--small" onClick=${() => { run(false); setState("stopped") }}>${t("preview.stop")}</button>`
            : ACTIVE.test(source) && html`<button type="button" class="button button--small" title=${t("preview.run_hint")} onClick=${() => run(true)}>${t("preview.run")}</button>`}
        </p>`}
    </div>`
}

/** Diagrams are drawn in the colours of the page. @param {Element} element */
const isDark = element => {
  const scheme = getComputedStyle(element).colorScheme
  return scheme === "dark" || (scheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches)
}
