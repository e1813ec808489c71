/** A quiet line over the conversation: the old page has left chats in this browser, they can move to the server. */
import { html, useState } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

export function ImportOffer() {
  const { store: { ancestors }, actions: { transfer } } = usePage()
  const [moving, move] = useState(false)
  const begin = async () => {
    move(true)
    await (await transfer()).moveAncestors()
    move(false)
  }
  return html`
    <section class="offer" aria-label=${t("import.title")}>
      <${Icon} name="chat" />
      <p class="offer__text">${t("import.offer", { count: ancestors.value.count })}</p>
      <button type="button" class="button button--small" disabled=${moving} onClick=${begin}>${t(moving ? "import.moving" : "import.move")}</button>
      <button type="button" class="button button--small" disabled=${moving} onClick=${async () => (await transfer()).postponeAncestors()}>${t("import.later")}</button>
    </section>
  `
}
