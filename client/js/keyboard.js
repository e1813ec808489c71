/** What each shortcut of keys.js does. */
import * as actions from "./actions.js"
import { isComposing, shortcutOf } from "./keys.js"
import * as store from "./store.js"

/** @type {Record<string, () => void>} */
const WISHES = {
  search: focusSearch,
  new: () => { actions.newConversation(); focus("composer") },
  model: () => { store.picker.value = store.picker.value ? "" : "model" },
  sidebar: actions.toggleSidebar,
  copy: actions.copyLastAnswer,
  settings: () => { store.dialog.value = "settings" },
  help: () => { store.dialog.value = store.dialog.value ? "" : "help" },
}

/** @param {KeyboardEvent} event */
function press(event) {
  const shortcut = shortcutOf(event)
  if (shortcut) {
    event.preventDefault()
    WISHES[shortcut.name]?.()
  } else if (event.key === "Escape" && !event.defaultPrevented && !isComposing(event) && store.answering.value && !document.querySelector("dialog[open]")) {
    void actions.stop()
  }
}

export function focusSearch() {
  actions.showSidebar()
  focus("search")
}

/** After the next draw: what is to be focused may not be there yet. @param {string} id */
function focus(id) {
  requestAnimationFrame(() => document.getElementById(id)?.focus())
}

export function startKeyboard() {
  addEventListener("keydown", press)
}
