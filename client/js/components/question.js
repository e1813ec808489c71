/** What a person said. It can be copied, and asked again in other words. */
import { html, useState, useEffect, useRef } from "../view.js"
import { moment, t } from "../i18n.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"
import { Versions } from "./versions.js"

/** @import { Message } from "../chat.js" */

/** @param {{ message: Message, editing: boolean }} props */
export function Question({ message, editing: isEdited }) {
  const { store: { answering, editing }, actions: { copy } } = usePage()
  if (isEdited) return html`<${Editor} message=${message} />`
  return html`
    <article class="message message--user" data-id=${message.id} aria-label=${t("messages.question")}>
      <div class="message__body">${message.text}</div>
      <footer class="message__foot" title=${message.created_at ? moment(message.created_at) : undefined}>
        <${Versions} message=${message} />
        <button type="button" class="icon-button" aria-label=${t("question.edit")} title=${t("question.edit")} disabled=${Boolean(answering.value)}
          onClick=${() => { editing.value = message.id }}><${Icon} name="pencil" /></button>
        <button type="button" class="icon-button" aria-label=${t("message.copy")} title=${t("message.copy")} onClick=${() => copy(message.text)}><${Icon} name="copy" /></button>
      </footer>
    </article>
  `
}

/** @param {{ message: Message }} props */
function Editor({ message }) {
  const { store: { editing }, actions: { resend } } = usePage()
  const [text, write] = useState(message.text)
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null))
  useEffect(() => {
    field.current?.focus()
    field.current?.setSelectionRange(-1, -1)
  }, [])
  const cancel = () => {
    editing.value = ""
    document.getElementById("composer")?.focus()
  }
  /** @param {KeyboardEvent} event */
  const press = event => {
    if (isComposing(event)) return
    if (event.key === "Escape") cancel()
    else if (event.key === "Enter" && !event.shiftKey) resend(message, text)
    else return
    event.preventDefault()
  }
  return html`
    <article class="message message--user message--edited">
      <form class="editor" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); resend(message, text) }}>
        <textarea class="editor__text" ref=${field} value=${text} rows="2" aria-label=${t("question.edit")} onKeyDown=${press}
          onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)}></textarea>
        <p class="editor__steps">
          <small>${t("question.edit_hint")}</small>
          <button type="button" class="button button--small" onClick=${cancel}>${t("question.cancel")}</button>
          <button type="submit" class="button button--small button--main" disabled=${!text.trim()}>${t("composer.send")}</button>
        </p>
      </form>
    </article>
  `
}
