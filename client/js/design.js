/** The living page of components, for whoever changes their looks: the real ones with made-up data, both themes side by side. */
import { Component, html, loadStyle, render, signal } from "./view.js"
import * as realActions from "./actions.js"
import { loadRest, startLanguage } from "./i18n.js"
import { Handed } from "./page.js"
import { preferences, startPreferences } from "./preferences.js"
import * as store from "./store.js"
import { Colours } from "./design/colours.js"
import { Controls, Conversation, Icons, Notices, Sheets } from "./design/groups.js"
import { fillStore } from "./design/samples.js"

/** What only reads the store does so here too; every wish that would change or fetch something is granted by doing nothing. */
const HARMLESS = new Set(["addressOf", "draftOf", "modelTitle", "providerTitle", "shownChoice", "shownRole", "root", "prefer", "dismiss", "deeds"])
const actions = /** @type {typeof realActions} */ (new Proxy({ ...realActions }, {
  get: (real, name) => (HARMLESS.has(String(name)) ? Reflect.get(real, name) : async () => ({})),
}))

const SHEETS = ["app", "sidebar", "composer", "messages", "message", "markdown", "code", "picker", "dialog", "search", "import", "item", "share"]
const THEMES = ["light", "dark"]
const GROUPS = { Colours, Icons, Controls, Notices, Conversation, Sheets }

/** A component that breaks leaves the others standing. @extends {Component<{ children: import("./view.js").Children }, { said: string }>} */
class Fenced extends Component {
  state = { said: "" }

  /** @param {unknown} error */
  componentDidCatch(error) {
    this.setState({ said: String(error) })
  }

  render() {
    return this.state.said ? html`<p class="design__broken" role="alert">${this.state.said}</p>` : this.props.children
  }
}

const accent = signal("violet")

function Design() {
  return html`
    <header class="design__head">
      <h1>Components</h1>
      ${["violet", "blue", "green", "pink"].map(name => html`
        <button type="button" class="chip" key=${name} data-accent=${name} aria-pressed=${accent.value === name}
          onClick=${() => { accent.value = name; document.documentElement.dataset.accent = name }}>
          <i class="choice__swatch"></i>${name}
        </button>`)}
    </header>
    <main>
      ${Object.entries(GROUPS).map(([name, Group]) => html`
        <section class="design__group" key=${name} aria-labelledby=${`group-${name}`}>
          <h2 id=${`group-${name}`}>${name}</h2>
          <div class="design__themes">
            ${THEMES.map(theme => html`
              <div class="design__theme" data-theme=${theme} data-accent=${accent.value} key=${theme}>
                <${Fenced}><${Group} theme=${theme} /><//>
              </div>`)}
          </div>
        </section>`)}
    </main>
  `
}

startPreferences()
await Promise.all([startLanguage(preferences.value.language), loadRest(), ...SHEETS.map(loadStyle)])
fillStore()
render(html`<${Handed.Provider} value=${{ store, actions }}><${Design} /><//>`, /** @type {HTMLElement} */ (document.getElementById("app")))
