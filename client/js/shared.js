/** A conversation for whoever has its link: read once, drawn as answers are, nothing else asked of the server. */
import { html, render } from "./view.js"
import { loadRest, startLanguage, t } from "./i18n.js"
import { root } from "./root.js"
import { Mark } from "./components/icon.js"
import { Reading } from "./components/reading.js"

/** @import { Passage, Text } from "./components/reading.js" */
/** @typedef {{ title: string, created_at: number, messages: (Omit<Passage, "by"> & { provider?: string, model?: string })[] }} Shared */

/** @returns {Promise<Text | "gone" | "failed">} */
async function read() {
  const token = location.pathname.split("/").at(-1) ?? ""
  try {
    const response = await fetch(new URL(`backend-api/v2/shared/${token}`, root), { cache: "no-store" })
    if (response.status === 404) return "gone"
    return response.ok ? textOf(await response.json()) : "failed"
  } catch {
    return "failed"
  }
}

/** @param {Shared} shared @returns {Text} */
function textOf({ title, created_at: at, messages }) {
  return { title, at, passages: messages.map(message => ({ ...message, by: [message.model, message.provider].filter(Boolean).join(" · ") })) }
}

/** Why there is nothing to read. @param {{ why: "gone" | "failed" }} props */
const Nothing = ({ why }) => html`
  <main class="reading reading--nothing">
    <${Mark} />
    <h1>${t(`share.${why}_title`)}</h1>
    <p>${t(`share.${why}_text`)}</p>
  </main>
`

const [found] = await Promise.all([read(), startLanguage(document.documentElement.lang), loadRest()])
document.title = `${typeof found === "string" ? t(`share.${found}_title`) : found.title} — ${t("app.name")}`
render(
  typeof found === "string" ? html`<${Nothing} why=${found} />` : html`<main><${Reading} text=${found} /></main>`,
  /** @type {HTMLElement} */ (document.getElementById("app")),
)
