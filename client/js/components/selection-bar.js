/** What can be done with all the conversations that are chosen. */
import { html, lazy, useEffect, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

const FolderField = lazy(() => import("./folder-field.js").then(file => file.FolderField))
const TagField = lazy(() => import("./tag-field.js").then(file => file.TagField), ["folders", "tags"])

/** @param {{ inArchive: boolean }} props */
export function SelectionBar({ inArchive }) {
  const { store: { selected }, actions: { selecting } } = usePage()
  const [field, ask] = useState(/** @type {"" | "folder" | "tags"} */ (""))
  const bar = useRef(/** @type {HTMLElement | null} */ (null))
  const ids = [...(selected.value ?? [])]
  const act = (/** @type {(how: typeof import("../selecting.js")) => unknown} */ deed) => void selecting().then(deed)
  const leave = () => act(how => how.leave())

  // Esc leaves from wherever one is among the boxes, and from nowhere, where the mouse that ticks them leaves the focus.
  useEffect(() => {
    const sidebar = bar.current?.closest(".sidebar")
    const press = (/** @type {KeyboardEvent} */ event) => {
      const isHere = event.target === document.body || sidebar?.contains(/** @type {Node} */ (event.target))
      if (event.key !== "Escape" || event.defaultPrevented || !isHere) return
      event.preventDefault()
      leave()
    }
    document.addEventListener("keydown", press)
    return () => document.removeEventListener("keydown", press)
  }, [])

  const finishFiling = (/** @type {string | null} */ folder) => {
    ask("")
    if (folder !== null) act(how => how.file(ids, folder))
  }
  const finishTagging = (/** @type {string[] | null} */ tags) => {
    ask("")
    if (tags) act(how => how.tag(ids, tags))
  }
  const deeds = [
    { icon: "archive", label: t(inArchive ? "shelf.from_archive" : "shelf.to_archive"), run: () => act(how => how.archive(ids, !inArchive)) },
    { icon: "folder", label: t("shelf.put"), run: () => ask("folder") },
    { icon: "tag", label: t("tags.edit"), run: () => ask("tags") },
    { icon: "download", label: t("many.take"), run: () => act(how => how.take(ids)) },
    { icon: "trash", label: t("sidebar.delete"), run: () => act(how => how.remove(ids)) },
  ]
  return html`
    <div class="selection" role="group" aria-label=${t("many.title")} ref=${bar}>
      ${field === "folder" && html`<${FolderField} folder="" onDone=${finishFiling} />`}
      ${field === "tags" && html`<${TagField} tags=${[]} onDone=${finishTagging} />`}
      <p class="selection__count" role="status">${ids.length ? t("many.chosen", { count: ids.length }) : t("many.hint")}</p>
      <div class="selection__deeds">
        ${deeds.map(({ icon, label, run }) => html`
          <button type="button" class="icon-button" key=${icon} aria-label=${label} title=${label} disabled=${!ids.length} onClick=${run}><${Icon} name=${icon} /></button>`)}
        <button type="button" class="icon-button selection__leave" aria-label=${t("many.leave")} title=${`${t("many.leave")}  Esc`} onClick=${leave}><${Icon} name="close" /></button>
      </div>
    </div>
  `
}
