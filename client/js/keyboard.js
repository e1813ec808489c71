/**
 * Shortcuts, by the place of the key and not by its letter: they work in the Russian layout as well.
 * The list is also what the help page shows.
 */
import * as actions from "./actions.js"
import * as store from "./store.js"
import { prefer, preferences } from "./preferences.js"

/** @typedef {{ name: string, code: string, shift: boolean, label: string, run: () => void }} Shortcut all of them with Ctrl or ⌘ */

const IS_MAC = /Mac|iP(hone|ad|od)/.test(globalThis.navigator?.platform ?? "")

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  { name: "search", code: "KeyK", shift: false, label: "K", run: focusSearch },
  { name: "new", code: "KeyO", shift: true, label: "O", run: () => { actions.newConversation(); focusComposer() } },
  { name: "model", code: "Period", shift: false, label: ".", run: () => { store.picker.value = store.picker.value ? "" : "model" } },
  { name: "sidebar", code: "KeyS", shift: true, label: "S", run: toggleSidebar },
  { name: "copy", code: "Semicolon", shift: true, label: ";", run: actions.copyLastAnswer },
  { name: "settings", code: "Comma", shift: false, label: ",", run: () => { store.dialog.value = "settings" } },
  { name: "help", code: "Slash", shift: false, label: "/", run: () => { store.dialog.value = store.dialog.value ? "" : "help" } },
]

/** @param {Shortcut} shortcut @returns {string[]} the keys to press, as they are printed */
export const keysOf = ({ shift, label }) => [IS_MAC ? "⌘" : "Ctrl", ...(shift ? [IS_MAC ? "⇧" : "Shift"] : []), label]

/** @param {string} name */
export const hint = name => {
  const shortcut = SHORTCUTS.find(known => known.name === name)
  return shortcut ? keysOf(shortcut).join(IS_MAC ? "" : "+") : ""
}

/** Whether the key press belongs to an input method (Safari says so with 229 only). @param {KeyboardEvent} event */
export const isComposing = event => event.isComposing || event.keyCode === 229

/** @param {KeyboardEvent} event */
function press(event) {
  if (isComposing(event) || event.altKey) return
  const shortcut = (event.ctrlKey || event.metaKey)
    && SHORTCUTS.find(({ code, shift }) => code === event.code && shift === event.shiftKey)
  if (shortcut) {
    event.preventDefault()
    shortcut.run()
  } else if (event.key === "Escape" && !event.defaultPrevented && store.answering.value && !document.querySelector("dialog[open]")) {
    void actions.stop()
  }
}

function focusSearch() {
  showSidebar()
  // The drawer is inert until it has been drawn open.
  requestAnimationFrame(() => document.getElementById("search")?.focus())
}

export function focusComposer() {
  requestAnimationFrame(() => document.getElementById("composer")?.focus())
}

const isNarrow = () => matchMedia("(max-width: 56rem)").matches

function showSidebar() {
  if (isNarrow()) store.drawer.value = true
  else prefer({ sidebar: true })
}

export function toggleSidebar() {
  if (isNarrow()) store.drawer.value = !store.drawer.value
  else prefer({ sidebar: !preferences.value.sidebar })
}

export function startKeyboard() {
  addEventListener("keydown", press)
}
