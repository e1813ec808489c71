/** What a model said: reasoning folded, text with its seams, sources, and how it ended. */
import { html } from "../view.js"
import { canProceed, isRunning, piecesBetweenSeams, speed } from "../chat.js"
import { moment, number, t } from "../i18n.js"
import { usePage } from "../page.js"
import { Citations } from "./citations.js"
import { Icon } from "./icon.js"
import { Markdown } from "./markdown.js"
import { Notice } from "./notice.js"
import { Reasoning } from "./reasoning.js"
import { Versions } from "./versions.js"

/** @import { Message, Seam } from "../chat.js" */

/** @param {{ message: Message }} props */
export function Answer({ message }) {
  const running = isRunning(message)
  const isSilent = running && !message.text
  return html`
    <article class=${`message message--assistant ${running ? "message--running" : ""}`} data-id=${message.id} aria-label=${t("messages.answer")} aria-busy=${running}>
      <${Reasoning} message=${message} running=${isSilent} />
      <div class="message__body">
        ${text(message, running)}
        ${isSilent && !message.reasoning && html`<${Waiting} message=${message} />`}
      </div>
      <${Citations} citations=${message.citations ?? []} />
      <${Ending} message=${message} />
      ${!running && html`<${Foot} message=${message} />`}
    </article>
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

/** How it ended, where that is not as one expects. @param {{ message: Message }} props */
function Ending({ message }) {
  const { providerTitle, proceed, regenerate } = usePage().actions
  const onProceed = canProceed(message) ? () => proceed(message) : undefined
  if (message.state === "failed" || message.state === "interrupted") {
    const values = { model: message.model, name: message.model, provider: providerTitle(message.provider) || t("answer.service") }
    const code = message.code || (message.state === "interrupted" ? "server_restarted" : "provider_failed")
    return html`<${Notice} trouble=${{ code, values }} onRetry=${() => regenerate(message)} onProceed=${onProceed} />`
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

/** @param {{ message: Message }} props */
function Foot({ message }) {
  const page = usePage()
  const { store: { answering }, actions: { copy, regenerate } } = page
  return html`
    <footer class="message__foot">
      ${message.text && html`
        <button type="button" class="icon-button" aria-label=${t("message.copy")} title=${t("message.copy")} onClick=${() => copy(message.text)}><${Icon} name="copy" /></button>`}
      ${message.state !== "failed" && message.state !== "interrupted" && html`
      <button type="button" class="icon-button" aria-label=${t("answer.again")} title=${t("answer.again")} disabled=${Boolean(answering.value)}
        onClick=${() => regenerate(message)}><${Icon} name="again" /></button>`}
      <${Versions} message=${message} />
      <span class="message__meta" title=${message.created_at ? moment(message.created_at) : undefined}>${account(page, message)}</span>
    </footer>
  `
}

/** Model · tokens · tokens a second. @param {import("../page.js").Page} page @param {Message} message */
function account({ actions }, { model, provider, usage }) {
  const rate = speed(usage)
  const title = actions.modelTitle(model, provider) || actions.providerTitle(provider)
  return [
    title,
    usage?.completion_tokens ? t("answer.tokens", { count: usage.completion_tokens }) : "",
    rate ? t("answer.speed", { rate: Math.round(rate * 10) / 10 }) : "",
  ].filter(Boolean).join(" · ")
}
