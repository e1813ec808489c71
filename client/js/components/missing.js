/** Shown where there is no such conversation, or it could not be read. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Mark } from "./icon.js"

/** @param {{ opening: "missing" | "failed" }} props */
export function Missing({ opening }) {
  const { newConversation, openRoute } = usePage().actions
  return html`
    <section class="missing">
      <${Mark} />
      <h1>${t(`missing.${opening}_title`)}</h1>
      <p>${t(`missing.${opening}_text`)}</p>
      <div class="missing__steps">
        ${opening === "failed" && html`<button type="button" class="button" onClick=${openRoute}>${t("missing.again")}</button>`}
        <button type="button" class="button button--main" onClick=${newConversation}>${t("sidebar.new")}</button>
      </div>
    </section>
  `
}
