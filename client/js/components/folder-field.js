/** Into which folder: a field in the place of the conversation's line, with the folders there are to choose from. */
import { html, useLayoutEffect, useRef } from "../view.js"
import { t } from "../i18n.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"

/** @param {{ folder: string, onDone: (folder: string | null) => void }} props */
export function FolderField({ folder, onDone }) {
  const { folders } = usePage().store.conversations.value
  const field = useRef(/** @type {HTMLInputElement | null} */ (null))
  const done = useRef(false)
  useLayoutEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])

  const finish = (/** @type {string | null} */ wanted) => {
    if (done.current) return
    done.current = true
    onDone(wanted)
  }
  /** @param {KeyboardEvent & { currentTarget: HTMLInputElement }} event */
  const press = event => {
    event.stopPropagation()
    if (isComposing(event)) return
    if (event.key === "Enter") finish(event.currentTarget.value)
    else if (event.key === "Escape") finish(null)
    else return
    event.preventDefault()
  }
  return html`
    <input class="link-field" ref=${field} defaultValue=${folder} aria-label=${t("shelf.folder")} placeholder=${t("shelf.folder_hint")} maxlength="60" list="folders"
      onKeyDown=${press} onBlur=${(/** @type {any} */ event) => finish(event.currentTarget.value)} />
    <datalist id="folders">${folders.map(({ name }) => html`<option key=${name} value=${name} />`)}</datalist>
  `
}
