/** A message that is being written in other words. Esc leaves it as it was. */
import { html, useEffect, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"

/**
 * @param {{ text: string, label: string, hint: string, done: string, enterIsDone?: boolean, onDone: (text: string) => void }} props
 *   `enterIsDone`: Enter alone; otherwise it is a new line, and Ctrl goes with it
 */
export function Editor({ text: before, label, hint, done, enterIsDone = false, onDone }) {
  const { editing } = usePage().store
  const [text, write] = useState(before)
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
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (enterIsDone && !event.shiftKey))) onDone(text)
    else return
    event.preventDefault()
  }
  return html`
    <form class="editor" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); onDone(text) }}>
      <textarea class="editor__text" ref=${field} value=${text} rows="2" aria-label=${label} onKeyDown=${press}
        onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)}></textarea>
      <p class="editor__steps">
        <small>${hint}</small>
        <button type="button" class="button button--small" onClick=${cancel}>${t("question.cancel")}</button>
        <button type="submit" class="button button--small button--main" disabled=${!text.trim()}>${done}</button>
      </p>
    </form>
  `
}
