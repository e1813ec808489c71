/** What was deleted lately, below the archive: it cannot be read, but brought back. */
import { html, useEffect, useState } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"

/** @import { Conversation } from "../conversations.js" */

export function Deleted() {
  const { store: { conversations }, actions: { shelving } } = usePage()
  const [gone, show] = useState(/** @type {{ items: Conversation[], next: string | null }} */ ({ items: [], next: null }))
  const list = conversations.value

  useEffect(() => {
    let isWanted = true
    void shelving().then(({ readDeleted }) => readDeleted()).then(found => { if (isWanted && found) show(found) })
    return () => { isWanted = false }
  }, [list])
  const more = async () => {
    const found = await (await shelving()).readDeleted(gone.next)
    if (found) show({ next: found.next, items: [...gone.items, ...found.items] })
  }
  if (!gone.items.length) return null
  return html`
    <section class="shelves__deleted" aria-labelledby="deleted-title">
      <h2 class="history__day" id="deleted-title">${t("shelf.deleted")}</h2>
      <p class="deleted__note">${t("shelf.deleted_note")}</p>
      <ul>
        ${gone.items.map(item => html`
          <li class="deleted" key=${item.id}>
            <span class="deleted__title" title=${item.title}>${item.title || t("sidebar.untitled")}</span>
            <button type="button" class="button button--small" aria-label=${`${t("shelf.restore")}: ${item.title}`}
              onClick=${() => shelving().then(({ bringBack }) => bringBack(item))}>${t("shelf.restore")}</button>
          </li>`)}
      </ul>
      ${gone.next && html`<button type="button" class="row-button" onClick=${more}>${t("sidebar.more")}</button>`}
    </section>
  `
}
