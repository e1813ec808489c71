/** One conversation in the list while several are being chosen: a box to tick. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"

/** @import { Conversation } from "../conversations.js" */

/** @param {{ conversation: Conversation }} props */
export function PickLine({ conversation: { id, title } }) {
  const { store: { selected }, actions: { selecting } } = usePage()
  const isChosen = Boolean(selected.value?.has(id))
  /** @param {boolean} range */
  const choose = range => {
    const shown = Array.from(document.querySelectorAll(".pick"), box => /** @type {HTMLInputElement} */ (box).value)
    void selecting().then(({ choose }) => choose(id, range, shown))
  }
  /** The signal says what is ticked. @param {MouseEvent} event */
  const click = event => {
    event.preventDefault()
    choose(event.shiftKey)
  }
  /** @param {KeyboardEvent} event */
  const press = event => {
    if (event.key !== "Enter" && event.key !== " ") return
    event.preventDefault()
    choose(event.shiftKey)
  }
  return html`
    <label class=${`link-row pick-line ${isChosen ? "link-row--current" : ""}`} onClick=${click}>
      <input type="checkbox" class="pick" value=${id} checked=${isChosen} aria-label=${title || t("sidebar.untitled")} onKeyDown=${press} />
      <span class="link__title">${title || t("sidebar.untitled")}</span>
    </label>
  `
}
