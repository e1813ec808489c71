/** A message that is being written in other words. Esc leaves it as it was; what was written can come back for a moment. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.js"
import { grow } from "../growing.js"
import { t } from "../i18n.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"

/** What is taken up again, by message. @type {Map<string, string>} */
const takenUp = new Map()

/**
 * @param {{ id: string, text: string, label: string, hint: string, done: string, enterIsDone?: boolean, disabled?: boolean, onDone: (text: string) => void }} props
 *   `enterIsDone`: Enter alone; otherwise it is a new line, and Ctrl goes with it
 */
export function Editor({ id, text: before, label, hint, done, enterIsDone = false, disabled = false, onDone }) {
  const { editing } = usePage().store
  const [text, write] = useState(() => takenUp.get(id) ?? before)
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null))
  const handed = useOfferBack(id, text === before ? "" : text)
  useEffect(() => {
    takenUp.delete(id)
    field.current?.focus()
    field.current?.setSelectionRange(-1, -1)
  }, [])
  useLayoutEffect(() => grow(field.current), [text])
  const cancel = () => {
    handed.current = false
    editing.value = ""
    document.getElementById("composer")?.focus()
  }
  const finish = () => {
    if (disabled || !text.trim()) return
    handed.current = true
    onDone(text)
  }
  /** @param {KeyboardEvent} event */
  const press = event => {
    if (isComposing(event)) return
    if (event.key === "Escape") cancel()
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (enterIsDone && !event.shiftKey))) finish()
    else return
    event.preventDefault()
  }
  return html`
    <form class="editor" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); finish() }}>
      <textarea class="editor__text" ref=${field} value=${text} rows="2" aria-label=${label} onKeyDown=${press}
        onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)}></textarea>
      <p class="editor__steps">
        <small>${hint}</small>
        <button type="button" class="button button--small" onClick=${cancel}>${t("question.cancel")}</button>
        <button type="submit" class="button button--small button--main" disabled=${disabled || !text.trim()}>${done}</button>
      </p>
    </form>
  `
}

/** When the field goes away with something in it that was not handed on, offer to write on. @param {string} id @param {string} text */
function useOfferBack(id, text) {
  const { store: { chat, editing, temporary }, actions: { go, toast } } = usePage()
  const handed = useRef(false)
  const now = useRef(text)
  now.current = text
  useEffect(() => {
    const { id: conversation } = chat.value
    const isTemporary = temporary.value
    return () => {
      const written = now.current
      if (handed.current || !written.trim()) return
      const takeUp = () => {
        takenUp.set(id, written)
        // One that is nowhere else has its own way back.
        if (chat.value.id !== conversation && !isTemporary) go(conversation)
        editing.value = id
      }
      toast(t("toast.edit_left"), { label: t("toast.undo"), run: takeUp })
    }
  }, [])
  return handed
}
