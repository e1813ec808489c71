/** What can wait until the page has been shown and used for a moment. */
import { effect } from "./view.js"
import { warm } from "./components/app.js"
import { install } from "./installing.js"
import { startNoticing } from "./notifying.js"
import { preferences } from "./preferences.js"

void install()
startNoticing()
warm()
effect(() => colourTheWindow(preferences.value))

/** The frame of an installed page follows the theme that was chosen; the page itself knows only the system's. @param {import("./preferences.js").Preferences} preferences */
function colourTheWindow({ theme }) {
  for (const meta of /** @type {NodeListOf<HTMLMetaElement>} */ (document.querySelectorAll('meta[name="theme-color"]'))) {
    meta.dataset.system ??= meta.content
    meta.content = theme === "auto" ? meta.dataset.system : getComputedStyle(document.documentElement).backgroundColor
  }
}
