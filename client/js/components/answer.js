/** What a model said: reasoning folded, text with its seams, sources, and how it ended; under it what can be done with it. */
import { html, lazy } from "../view.js"
import { canProceed, isRunning, piecesBetweenSeams } from "../chat.js"
import { number, t } from "../i18n.js"
import { usePage } from "../page.js"
import { Citations } from "./citations.js"
import { Foot } from "./foot.js"
import { Icon } from "./icon.js"
import { Markdown } from "./markdown.js"
import { Notice } from "./notice.js"
import { Reasoning } from "./reasoning.js"
import { useSight } from "./sight.js"

/** @import { Message, Seam } from "../chat.js" */

const Rewriting = lazy(() => import("./rewriting.js").then(file => file.Rewriting))

/** @param {{ message: Message, editing: boolean, isLast?: boolean }} props */
export function Answer({ message, editing, isLast = true }) {
  const { regenerate } = usePage().actions
  const running = isRunning(message)
  const { isNear, look } = useSight(isLast)
  return html`
    <article class=${`message message--assistant ${running ? "message--running" : ""}`} data-id=${message.id} aria-label=${t("messages.answer")} aria-busy=${running}
      oncontentvisibilityautostatechange=${look}>
      ${editing ? html`<${Rewriting} message=${message} />` : html`<${Said} message=${message} onRetry=${() => regenerate(message)} />`}
      ${!running && !editing && html`<${Foot} message=${message} isNear=${isNear} />`}
    </article>
  `
}

/** The words of an answer, and how they ended. @param {{ message: Message, onRetry: () => void }} props */
export function Said({ message, onRetry }) {
  const running = isRunning(message)
  const isSilent = running && !message.text
  return html`
    <${Reasoning} message=${message} running=${isSilent} />
    <div class="message__body">
      ${text(message, running)}
      ${isSilent && !message.reasoning && html`<${Waiting} message=${message} />`}
    </div>
    <${Citations} citations=${message.citations ?? []} />
    <${Ending} message=${message} onRetry=${onRetry} />
  `
}

/** @param {Message} message @param {boolean} running */
function text(message, running) {
  const pieces = piecesBetweenSeams(message)
  return pieces.map((piece, index) => {
    const seam = message.seams?.[index]
    const isLast = index === pieces.length - 1
    return html`
      ${piece && html`<${Markdown} key=${`piece${index}`} text=${piece} streaming=${running && isLast} citations=${message.citations} name=${`${message.key ?? message.id}-${index}`} />`}
      ${seam && html`<${SeamLine} key=${`seam${index}`} seam=${seam} />`}
    `
  })
}

/** @param {{ seam: Seam }} props */
function SeamLine({ seam }) {
  const { providerTitle } = usePage().actions
  return html`<p class="seam" role="note"><span>${t(seam.from === seam.to ? "answer.seam_same" : "answer.seam", { from: providerTitle(seam.from), to: providerTitle(seam.to) })}</span></p>`
}

/** What is under way before the first word. @param {{ message: Message }} props */
function Waiting({ message: { progress } }) {
  const percent = progress?.fraction ? ` ${number(Math.round(progress.fraction * 100))} %` : ""
  return html`
    <p class="waiting">
      <span class="waiting__dots" aria-hidden="true"><i></i><i></i><i></i></span>
      <span>${progress ? t(`progress.${progress.phase}`) + percent : html`<span class="visually-hidden">${t("progress.waiting")}</span>`}</span>
    </p>
    ${progress?.fraction ? html`<progress class="waiting__bar" max="1" value=${progress.fraction}></progress>` : null}
  `
}

/** How it ended, where that is not as one expects. @param {{ message: Message, onRetry: () => void }} props */
function Ending({ message, onRetry }) {
  const { store: { temporary }, actions: { providerTitle, proceed } } = usePage()
  const onProceed = canProceed(message) && !temporary.value ? () => proceed(message) : undefined
  if (message.state === "failed" || message.state === "interrupted") {
    const values = { model: message.model, name: message.model, provider: providerTitle(message.provider) || t("answer.service") }
    const code = message.code || (message.state === "interrupted" ? "server_restarted" : "provider_failed")
    return html`<${Notice} trouble=${{ code, values }} onRetry=${onRetry} onProceed=${onProceed} />`
  }
  const words = message.state === "stopped" ? t("answer.stopped")
    : message.reason === "length" || message.reason === "filter" ? t(`answer.${message.reason}`) : ""
  if (words) return html`<p class="ending"><span>${words}</span>${onProceed && html`<${Proceed} onClick=${onProceed} />`}</p>`
  if (message.state === "complete" && !message.text && !message.tool_calls?.length) return html`<p class="ending">${t("answer.empty")}</p>`
  return null
}

/** @param {{ onClick: () => void }} props */
function Proceed({ onClick }) {
  return html`<button type="button" class="button button--small" onClick=${onClick}><${Icon} name="forward" />${t("answer.proceed")}</button>`
}
