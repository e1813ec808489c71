/** What stands aside from the list of the days: the archive, or what bears a tag. */
import { html, useEffect, useState } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { moveAmongLinks } from "./sidebar.js"
import { ConversationLink } from "./conversation-link.js"
import { Deleted } from "./deleted.js"
import { Icon } from "./icon.js"

/** @import { Conversation } from "../conversations.js" */

/** What was changed a moment ago is on its way to the server, milliseconds. */
const PAUSE = 200

/** @param {{ tag: string | null, onClose: () => void }} props without a tag: the archive */
export function Shelves({ tag, onClose }) {
  const { shelving } = usePage().actions
  const list = usePage().store.conversations.value
  const [standing, show] = useState(/** @type {{ tag: string | null, items: Conversation[], next: string | null } | null} */ (null))
  const items = standing?.tag === tag ? standing.items : null

  useEffect(() => {
    let isWanted = true
    const waiting = setTimeout(async () => {
      const found = await (await shelving()).readShelf(tag)
      if (isWanted && found) show({ tag, ...found })
    }, items ? PAUSE : 0)
    return () => {
      isWanted = false
      clearTimeout(waiting)
    }
  }, [tag, list])
  const more = async () => {
    const found = await (await shelving()).readShelf(tag, standing?.next ?? null)
    if (found && items) show({ tag, next: found.next, items: [...items, ...found.items] })
  }

  return html`
    <div class="shelves">
      <button type="button" class="row-button" onClick=${onClose}><${Icon} name="left" />${t("shelf.back")}</button>
      <nav class="history" aria-label=${tag ?? t("shelf.archive")} onKeyDown=${moveAmongLinks}>
        <h2 class="history__day">${tag ?? t("shelf.archive")}</h2>
        ${items?.map(item => html`<${ConversationLink} key=${item.id} conversation=${item} />`)}
        ${items && !items.length && html`<p class="history__empty">${t(tag === null ? "shelf.archive_empty" : "tags.empty")}</p>`}
        ${items && standing?.next && html`<button type="button" class="row-button" onClick=${more}>${t("sidebar.more")}</button>`}
        ${tag === null && html`<${Deleted} />`}
      </nav>
    </div>
  `
}
