/** A document of the guide on a page of its own: the Markdown that lies behind this very address, drawn as answers are. */
import { html, render } from "./view.js"
import { loadRest, startLanguage, t } from "./i18n.js"
import { preferences, startPreferences } from "./preferences.js"
import { root } from "./root.js"
import { anchor, linked } from "./markdown/guide.js"
import { Mark } from "./components/icon.js"
import { Markdown } from "./components/markdown.js"

const folder = location.pathname.split("/").at(-2) ?? "ru"

startPreferences()
const [answer] = await Promise.all([fetch(`${location.pathname}?raw`), startLanguage(preferences.value.language), loadRest()])
const text = answer.ok ? linked(await answer.text(), folder) : `# ${t("missing.failed_title")}`

document.title = `${/^# (.+)$/m.exec(text)?.[1] ?? ""} — ${t("app.name")}`
render(html`
  <header><a class="guide__home" href=${root.href}><${Mark} />${t("app.name")}</a></header>
  <main class="guide" lang=${folder}><${Markdown} text=${text} alone /></main>
`, /** @type {HTMLElement} */ (document.getElementById("app")))

document.querySelectorAll(".heading").forEach(heading => { heading.id = anchor(heading.textContent ?? "") })
// Within the guide one stays in the same window.
document.querySelectorAll(`.guide a[href^="${root.href}"]`).forEach(link => link.removeAttribute("target"))
document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView()
