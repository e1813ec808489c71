/** The shortcuts of the page, by the place of the key and not by its letter: they work in the Russian layout as well. */

/** @typedef {{ name: string, code: string, shift?: boolean, label: string }} Shortcut all of them with Ctrl or ⌘ */

const IS_MAC = /Mac|iP(hone|ad|od)/.test(globalThis.navigator?.platform ?? "")

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  { name: "search", code: "KeyK", label: "K" },
  { name: "new", code: "KeyO", shift: true, label: "O" },
  { name: "model", code: "Period", label: "." },
  { name: "sidebar", code: "KeyS", shift: true, label: "S" },
  { name: "copy", code: "Semicolon", shift: true, label: ";" },
  { name: "settings", code: "Comma", label: "," },
  { name: "help", code: "Slash", label: "/" },
]

/** @param {Shortcut} shortcut @returns {string[]} the keys to press, as they are printed */
export const keysOf = ({ shift, label }) => [IS_MAC ? "⌘" : "Ctrl", ...(shift ? [IS_MAC ? "⇧" : "Shift"] : []), label]

/** @param {string} name @returns {string} for a tooltip */
export function hint(name) {
  const shortcut = SHORTCUTS.find(known => known.name === name)
  return shortcut ? keysOf(shortcut).join(IS_MAC ? "" : "+") : ""
}

/** @param {KeyboardEvent} event @returns {Shortcut | undefined} */
export function shortcutOf(event) {
  if (isComposing(event) || event.altKey || !(event.ctrlKey || event.metaKey)) return undefined
  return SHORTCUTS.find(({ code, shift = false }) => code === event.code && shift === event.shiftKey)
}

/** Whether the key press belongs to an input method (Safari says so with 229 only). @param {KeyboardEvent} event */
export const isComposing = event => event.isComposing || event.keyCode === 229
