/** Into which folder: a field in the place of the conversation's line, with the folders there are to choose from. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"

/** @param {{ folder: string, onDone: (folder: string | null) => void }} props */
export function FolderField({ folder, onDone }) {
  const { shelving } = usePage().actions
  const [names, show] = useState(/** @type {string[]} */ ([]))
  const field = useRef(/** @type {HTMLInputElement | null} */ (null))
  const done = useRef(false)
  useLayoutEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])
  useEffect(() => { void shelving().then(({ readFolders }) => readFolders()).then(folders => show(folders.map(({ name }) => name))) }, [])

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
    <datalist id="folders">${names.map(name => html`<option key=${name} value=${name} />`)}</datalist>
  `
}
