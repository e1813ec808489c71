/** The tags in use, above the list: one press shows what bears it. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

/** Tags that are shown at once; the others are in the menus of their conversations and in the search. */
const SHOWN = 30

/** @param {{ chosen: string | null, onChoose: (tag: string | null) => void }} props */
export function TagBar({ chosen, onChoose }) {
  const tags = usePage().store.conversations.value.tags.filter(({ name, count }) => count || name === chosen)
  if (!tags.length) return null
  return html`
    <div class="tag-bar" role="group" aria-label=${t("tags.title")}>
      <${Icon} name="tag" />
      ${tags.slice(0, SHOWN).map(({ name }) => html`
        <button type="button" class="tag" key=${name} aria-pressed=${name === chosen} onClick=${() => onChoose(name === chosen ? null : name)}>${name}</button>`)}
    </div>
  `
}
