/** What stands under an answer: the things done most, a menu for the rest, and who said it at what cost. */
import { html } from "../view.js"
import { cost, speed } from "../chat.js"
import { isolated, moment, price, t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"
import { More } from "./more.js"
import { Versions } from "./versions.js"

/** @import { Message } from "../chat.js" */

/** @param {{ message: Message, isNear: boolean }} props */
export function Foot({ message, isNear }) {
  const page = usePage()
  return html`
    <footer class="message__foot">
      ${isNear && html`<${Steps} message=${message} />`}
      <span class=${`message__meta ${isNear ? "" : "message__meta--far"}`} title=${isNear ? details(page, message) : undefined}>${account(page, message)}</span>
    </footer>
  `
}

/** @param {{ message: Message }} props */
function Steps({ message }) {
  const { store: { answering }, actions: { copy, regenerate } } = usePage()
  return html`
    ${message.text && html`
      <button type="button" class="icon-button" aria-label=${t("message.copy")} title=${t("message.copy")} onClick=${() => copy(message.text)}><${Icon} name="copy" /></button>`}
    ${message.state !== "failed" && message.state !== "interrupted" && html`
    <button type="button" class="icon-button" aria-label=${t("answer.again")} title=${t("answer.again")} disabled=${Boolean(answering.value)}
      onClick=${() => regenerate(message)}><${Icon} name="again" /></button>`}
    ${message.text && html`<${More} message=${message} />`}
    <${Versions} message=${message} />
  `
}

/** Model · tokens · tokens a second · price. @param {import("../page.js").Page} page @param {Message} message @param {boolean} [isNamed] whether the model is */
export function account({ store, actions }, { model, provider, usage, edited_from: isEdited }, isNamed = true) {
  const rate = speed(usage)
  const known = store.catalogue.value.models.find(each => each.id === model && each.provider === provider)
  const sum = cost(usage, known?.prices)
  return [
    isNamed ? actions.modelTitle(model, provider) || actions.providerTitle(provider) : "",
    isEdited ? t("message.edited") : "",
    usage?.completion_tokens ? t("answer.tokens", { count: usage.completion_tokens }) : "",
    rate ? t("answer.speed", { rate: Math.round(rate * 10) / 10 }) : "",
    sum ? `≈ ${price(sum)}` : "",
  ].filter(Boolean).map(isolated).join(" · ")
}

/** Provider and time. @param {Pick<import("../page.js").Page, "actions">} page @param {Message} message */
export function details({ actions }, { provider, created_at: at }) {
  return [actions.providerTitle(provider), at ? moment(at) : ""].filter(Boolean).map(isolated).join(" · ")
}
