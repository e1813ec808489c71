/** A document of the guide on a page of its own: the Markdown that lies behind this very address, drawn as answers are. */
import { html, render } from "./view.js"
import { loadLanguage, pickLanguage, t } from "./i18n.js"
import { preferences, startPreferences } from "./preferences.js"
import { root } from "./root.js"
import { Mark } from "./components/icon.js"
import { Markdown } from "./components/markdown.js"

/**
 * The id of a heading, as code hosts make it: the same as `anchor` in g4f/guide/documents.py.
 * @param {string} heading
 */
const anchor = heading => heading.trim().toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, "").replaceAll(" ", "-")

/** Links between documents work in their folder; here they lead to this page's neighbours. @param {string} text */
const linked = text => text.replace(/\]\(([\w-]+\.md)(#[^)\s]+)?\)/g, (_, name, part = "") => `](help/${folder}/${name}${part})`)

const folder = location.pathname.split("/").at(-2) ?? "ru"

startPreferences()
const [answer] = await Promise.all([fetch(`${location.pathname}?raw`), loadLanguage(pickLanguage(preferences.value.language))])
const text = answer.ok ? linked(await answer.text()) : `# ${t("missing.failed_title")}`

document.title = `${/^# (.+)$/m.exec(text)?.[1] ?? ""} — ${t("app.name")}`
render(html`
  <a class="guide__home" href=${root.href}><${Mark} />${t("app.name")}</a>
  <main class="guide" lang=${folder}><${Markdown} text=${text} /></main>
`, /** @type {HTMLElement} */ (document.getElementById("app")))

document.querySelectorAll(".heading").forEach(heading => { heading.id = anchor(heading.textContent ?? "") })
// Within the guide one stays in the same window.
document.querySelectorAll(`.guide a[href^="${root.href}"]`).forEach(link => link.removeAttribute("target"))
document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView()
