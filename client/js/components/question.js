/** What a person said. It can be copied, and asked again in other words. */
import { html } from "../view.js"
import { moment, t } from "../i18n.js"
import { usePage } from "../page.js"
import { Editor } from "./editor.js"
import { Icon } from "./icon.js"
import { More } from "./more.js"
import { useSight } from "./sight.js"
import { Versions } from "./versions.js"

/** @import { Message } from "../chat.js" */

/** @param {{ message: Message, editing: boolean, isLast?: boolean }} props */
export function Question({ message, editing, isLast = true }) {
  const { isNear, look } = useSight(isLast)
  if (editing) return html`<${Rephrasing} message=${message} />`
  return html`
    <article class="message message--user" data-id=${message.id} aria-label=${t("messages.question")} oncontentvisibilityautostatechange=${look}>
      <div class="message__body" dir="auto">${message.text}</div>
      <footer class="message__foot" title=${isNear && message.created_at ? moment(message.created_at) : undefined}>${isNear && html`<${Steps} message=${message} />`}</footer>
    </article>
  `
}

/** @param {{ message: Message }} props */
function Steps({ message }) {
  const { store: { answering, editing }, actions: { copy } } = usePage()
  return html`
    <${Versions} message=${message} />
    <button type="button" class="icon-button" aria-label=${t("question.edit")} title=${t("question.edit")} disabled=${Boolean(answering.value)}
      onClick=${() => { editing.value = message.id }}><${Icon} name="pencil" /></button>
    <button type="button" class="icon-button" aria-label=${t("message.copy")} title=${t("message.copy")} onClick=${() => copy(message.text)}><${Icon} name="copy" /></button>
    <${More} message=${message} />
  `
}

/** @param {{ message: Message }} props */
function Rephrasing({ message }) {
  const { store: { answering }, actions: { resend } } = usePage()
  return html`
    <article class="message message--user message--edited">
      <${Editor} id=${message.id} text=${message.text} label=${t("question.edit")} hint=${t("question.edit_hint")} done=${t("composer.send")} enterIsDone disabled=${Boolean(answering.value)}
        onDone=${(/** @type {string} */ text) => resend(message, text)} />
    </article>
  `
}
