/** Introduces everybody and shows the page. */
import { effect, html, loadStyle, render, untracked } from "./view.js"
import * as actions from "./actions.js"
import { App, Messages } from "./components/app.js"
import { language as spoken, loadLanguage, loadRest, pickLanguage, startLanguage } from "./i18n.js"
import { startKeyboard } from "./keys.js"
import { Handed } from "./page.js"
import { preferences, startPreferences } from "./preferences.js"
import { route, startRouter } from "./router.js"
import * as store from "./store.js"

/** The page is not kept waiting longer for the conversation that it is opened at. Milliseconds. */
const PATIENCE = 100

startPreferences()
startRouter()
const { language, model, provider, role } = preferences.value
store.selection.value = { model, provider, role }

const speaking = startLanguage(language)
void actions.loadCatalogue()
void actions.refreshConversations()
const drawing = route.value.name === "chat" ? Messages.warm() : null
/** Settled when everything that the page was opened at is here, or will not come. @type {Promise<unknown> | undefined} */
let arrival
effect(() => {
  void route.value
  const opened = untracked(() => actions.openRoute())
  arrival ??= Promise.allSettled([drawing, opened])
})
void speaking.then(show)

/** Nothing is awaited at the top level: the file of a conversation takes its modules from this one, and would wait for its end. */
async function show() {
  // A conversation that came together with the page is drawn with it: once, not first a page that waits for it.
  await Promise.race([arrival, new Promise(resolve => { setTimeout(resolve, PATIENCE) })])
  const page = { store, actions }
  const place = /** @type {HTMLElement} */ (document.getElementById("app"))
  place.replaceChildren() // the still picture that client/html/index.html showed meanwhile
  render(html`<${Handed.Provider} value=${page}><${App} /><//>`, place)
  afterwards(page)
}

/** @param {import("./page.js").Page} page */
function afterwards(page) {
  // Whoever begins to do something will soon need the sentences that the first page does not say.
  for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, () => void loadRest().catch(() => {}), { once: true, capture: true })
  startKeyboard(page)
  if (location.search) void import("./prefill.js").then(({ prefill }) => prefill(page))
  actions.startLooking()
  void actions.lookForAncestors()
  effect(() => {
    const wanted = pickLanguage(preferences.value.language)
    const isOther = wanted !== untracked(spoken)
    untracked(() => void loadLanguage(wanted).then(() => (isOther ? actions.nameRoles() : undefined)).catch(() => {}))
  })
  if (matchMedia("(forced-colors: active), (prefers-contrast: more)").matches) void loadStyle("contrast").catch(() => {})
  if (matchMedia("(pointer: coarse)").matches) void import("./touch.js").then(({ startTouch }) => startTouch(page)).catch(() => {})
  // What is not needed at once must not stand in the way of what is; milliseconds.
  setTimeout(() => void import("./afterwards.js").catch(() => {}), 3_000)
}
