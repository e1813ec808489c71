/** One question, several answers beside each other: each grows, stops and fails on its own, and one of them is gone on with. */
import { html } from "../view.js"
import { isRunning } from "../chat.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Said } from "./answer.js"
import { account } from "./foot.js"
import { Icon } from "./icon.js"

/** @param {{ ids: string[] }} props */
export function Columns({ ids }) {
  return html`
    <section class=${`columns columns--${Math.min(ids.length, 4)}`} aria-label=${t("compare.title")}>
      ${ids.map(id => html`<${Column} key=${id} id=${id} />`)}
    </section>
  `
}

/** @param {{ id: string }} props */
function Column({ id }) {
  const page = usePage()
  const { store, actions: { copy, deeds, modelTitle, providerTitle } } = page
  const message = store.messageSignal(id).value
  if (!message) return null
  const running = isRunning(message)
  const model = modelTitle(message.model, message.provider) || providerTitle(message.provider)
  const again = () => void deeds().then(({ compareAgain }) => compareAgain(message))
  return html`
    <article class=${`column message--assistant ${running ? "message--running" : ""}`} data-id=${id} aria-label=${`${t("messages.answer")}: ${model}`} aria-busy=${running}>
      <header class="column__head">
        <b class="column__model" title=${providerTitle(message.provider)}>${model}</b>
        ${running && html`
          <button type="button" class="icon-button" aria-label=${t("compare.stop", { model })} title=${t("compare.stop", { model })}
            onClick=${() => deeds().then(({ stopAnswer }) => stopAnswer(id))}><span class="send__stop"></span></button>`}
        ${!running && message.text && html`
          <button type="button" class="icon-button" aria-label=${t("message.copy")} title=${t("message.copy")} onClick=${() => copy(message.text)}><${Icon} name="copy" /></button>`}
      </header>
      <div class="column__said"><${Said} message=${message} onRetry=${again} /></div>
      <footer class="column__foot">
        <span class="message__meta">${running ? "" : account(page, message, false)}</span>
        ${message.text && html`
          <button type="button" class="button button--small" onClick=${() => deeds().then(({ keep }) => keep(message))}><${Icon} name="check" />${t("compare.keep")}</button>`}
      </footer>
    </article>
  `
}
