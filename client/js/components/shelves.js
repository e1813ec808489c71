/** The archive and the folders: what stands aside from the list of the days. */
import { html, useEffect, useState } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { moveAmongLinks } from "./sidebar.js"
import { ConversationLink } from "./conversation-link.js"
import { Icon } from "./icon.js"

/** @import { Conversation } from "../conversations.js" */
/** @typedef {{ items: Conversation[], next: string | null, folders: { name: string, count: number }[] }} Standing */

/** What was changed a moment ago is on its way to the server, milliseconds. */
const PAUSE = 200

/** @param {{ onClose: () => void }} props */
export function Shelves({ onClose }) {
  const { shelving } = usePage().actions
  const { conversations } = usePage().store
  const [folder, choose] = useState(/** @type {string | null} */ (null))
  const [standing, show] = useState(/** @type {Standing | null} */ (null))
  const list = conversations.value

  useEffect(() => {
    let isWanted = true
    const waiting = setTimeout(async () => {
      const found = await (await shelving()).readShelf(folder)
      if (isWanted && found) show(found)
    }, standing ? PAUSE : 0)
    return () => {
      isWanted = false
      clearTimeout(waiting)
    }
  }, [folder, list])
  const more = async () => {
    const found = await (await shelving()).readShelf(folder, standing?.next ?? null)
    if (found && standing) show({ ...found, items: [...standing.items, ...found.items] })
  }

  return html`
    <div class="shelves">
      <button type="button" class="row-button" onClick=${onClose}><${Icon} name="left" />${t("shelf.back")}</button>
      <div class="shelves__names" role="group" aria-label=${t("shelf.title")}>
        <button type="button" class="shelves__name" aria-pressed=${folder === null} onClick=${() => choose(null)}><${Icon} name="archive" />${t("shelf.archive")}</button>
        ${standing?.folders.map(({ name, count }) => html`
          <button type="button" class="shelves__name" key=${name} aria-pressed=${folder === name} onClick=${() => choose(name)}>
            <${Icon} name="folder" />${name}<span class="shelves__count">${count}</span>
          </button>`)}
      </div>
      <nav class="history" aria-label=${folder ?? t("shelf.archive")} onKeyDown=${moveAmongLinks}>
        ${standing?.items.map(item => html`<${ConversationLink} key=${item.id} conversation=${item} />`)}
        ${standing && !standing.items.length && html`<p class="history__empty">${t(folder === null ? "shelf.archive_empty" : "shelf.folder_empty")}</p>`}
        ${standing?.next && html`<button type="button" class="row-button" onClick=${more}>${t("sidebar.more")}</button>`}
      </nav>
    </div>
  `
}
