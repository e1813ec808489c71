/**
 * Everything that can be commanded, in one table. Who reads it: keys.js (which keys do it), components/help.js (the list of keys),
 * components/palette.js (what can be looked for and done).
 *
 * The sentence of a command is `help.<name>`, or those named in `says`. A line without `run` is a key of one place, handled there.
 */

/** @import { Page } from "./page.js" */
/**
 * @typedef {object} Command
 * @property {string} name
 * @property {string} [icon]
 * @property {string[]} [says] keys of sentences
 * @property {string} [code] of the key to press with Ctrl or ⌘: its place, not its letter, so that it works in every layout
 * @property {boolean} [shift]
 * @property {string[]} keys what is printed on them, without Ctrl and Shift when there is a `code`
 * @property {boolean} [here] about the conversation that is open
 * @property {(page: Page) => unknown} [when] whether it can be done now; always, when missing
 * @property {(page: Page) => unknown} [run]
 */

const chosen = (/** @type {Page} */ { store }) => store.conversations.value.items.find(({ id }) => id === store.chat.value.id)
const answered = (/** @type {Page} */ { store }) => store.path.value.length > 0
/** @param {string} theme @returns {Command} */
const theme = theme => ({
  name: theme, icon: "palette", says: ["settings.theme", `settings.theme_${theme}`], keys: [],
  run: ({ actions }) => actions.prefer({ theme: /** @type {import("./preferences.js").Theme} */ (theme) }),
})

/** @type {Command[]} */
export const COMMANDS = [
  { name: "palette", code: "KeyK", shift: true, keys: ["K"], run: ({ store }) => toggle(store.dialog, "palette") },
  { name: "search", icon: "search", code: "KeyK", keys: ["K"], run: findConversation },
  { name: "new", icon: "plus", code: "KeyO", shift: true, keys: ["O"], run: ({ actions }) => { actions.newConversation(); focus("composer") } },
  { name: "temporary", icon: "ghost", says: ["temporary.begin"], keys: [], when: ({ store }) => !store.chat.value.id, run: ({ actions }) => { actions.toggleTemporary(); focus("composer") } },
  { name: "model", icon: "computer", code: "Period", keys: ["."], run: ({ store }) => toggle(store.picker, "model") },
  { name: "role", icon: "person", says: ["roles.choose"], keys: [], run: ({ store }) => toggle(store.picker, "role") },
  { name: "options", icon: "sliders", says: ["tuning.title"], keys: [], run: ({ store }) => toggle(store.picker, "options") },
  { name: "library", icon: "book", says: ["library.title"], keys: [], run: ({ actions }) => actions.library().then(({ open }) => open()) },
  { name: "links", icon: "share", says: ["links.title"], keys: [], run: ({ store }) => { store.dialog.value = "links" } },
  { name: "sidebar", icon: "sidebar", code: "KeyS", shift: true, keys: ["S"], run: ({ actions }) => actions.toggleSidebar() },
  { name: "settings", icon: "settings", code: "Comma", keys: [","], run: ({ store }) => { store.dialog.value = "settings" } },
  ...["light", "dark", "auto"].map(theme),
  { name: "take_all", icon: "download", says: ["import.take_all"], keys: [], run: ({ actions }) => import("./download.js").then(({ saveAddress }) => saveAddress(actions.exportAddress())) },
  { name: "help", icon: "help", code: "Slash", keys: ["/"], run: ({ store }) => toggle(store.dialog, "help") },

  { name: "stop", icon: "close", keys: ["Esc"], here: true, when: ({ store }) => store.answering.value, run: ({ actions }) => actions.stop() },
  { name: "copy", icon: "copy", code: "Semicolon", shift: true, keys: [";"], here: true, when: answered, run: ({ actions }) => actions.copyLastAnswer() },
  { name: "quote", code: "Quote", shift: true, keys: ["'"], here: true, run: ({ actions }) => actions.deeds().then(({ quoteSelection }) => quoteSelection()) },
  { name: "edit", icon: "pencil", keys: ["↑"], here: true, when: answered, run: ({ actions }) => actions.editLast() },
  { name: "pin", icon: "pin", says: ["shelf.pin"], keys: [], here: true, when: page => chosen(page) && !chosen(page)?.pinned, run: shelve("pin", true) },
  { name: "unpin", icon: "pin", says: ["shelf.unpin"], keys: [], here: true, when: page => chosen(page)?.pinned, run: shelve("pin", false) },
  { name: "archive", icon: "archive", says: ["shelf.to_archive"], keys: [], here: true, when: chosen, run: shelve("archive", true) },
  { name: "share", icon: "share", says: ["share.title"], keys: [], here: true, when: chosen, run: page => withChosen(page, ({ id }) => { page.store.dialog.value = `share ${id}` }) },
  { name: "markdown", icon: "download", says: ["sidebar.take_markdown"], keys: [], here: true, when: chosen, run: take("md") },
  { name: "json", icon: "download", says: ["sidebar.take_json"], keys: [], here: true, when: chosen, run: take("json") },
  { name: "remove", icon: "trash", says: ["sidebar.delete"], keys: [], here: true, when: chosen, run: page => withChosen(page, page.actions.deleteConversation) },

  { name: "send_always", keys: ["Ctrl", "Enter"] },
  { name: "newline", keys: ["Shift", "Enter"] },
  { name: "rename", keys: ["F2"] },
  { name: "delete", keys: ["Delete"] },
]

/** @param {Page} page */
function findConversation({ actions }) {
  actions.showSidebar()
  focus("search")
}

/** @param {"pin" | "archive"} deed @param {boolean} yes @returns {(page: Page) => unknown} */
function shelve(deed, yes) {
  return page => withChosen(page, async conversation => (await page.actions.shelving())[deed](conversation, yes))
}

/** @param {"md" | "json"} format @returns {(page: Page) => unknown} */
function take(format) {
  return page => withChosen(page, conversation => page.actions.downloadConversation(conversation, format))
}

/** @param {Page} page @param {(conversation: import("./conversations.js").Conversation) => unknown} run */
function withChosen(page, run) {
  const conversation = chosen(page)
  if (conversation) run(conversation)
}

/** @template {string} T @param {import("./view.js").Signal<T | "">} open @param {T} what */
function toggle(open, what) {
  open.value = open.value === what ? "" : what
}

/** At once, so that no key pressed next goes astray; after the next draw when it is not there yet. @param {string} id */
function focus(id) {
  const reach = () => {
    const element = document.getElementById(id)
    element?.focus()
    return element !== null && document.activeElement === element
  }
  if (!reach()) requestAnimationFrame(reach)
}
