/** Keys that are pressed, and how they are printed. What each of them does stands in commands.js. */
import { COMMANDS } from "./commands.js"

/** @import { Command } from "./commands.js" */
/** @import { Page } from "./page.js" */

const IS_MAC = /Mac|iP(hone|ad|od)/.test(globalThis.navigator?.platform ?? "")
const SIGNS = /** @type {Record<string, string>} */ (IS_MAC ? { Ctrl: "⌘", Shift: "⇧" } : {})

/** @param {Pick<Command, "code" | "shift" | "keys">} command @returns {string[]} the keys to press, as they are printed */
export const keysOf = ({ code, shift, keys }) => [...(code ? ["Ctrl"] : []), ...(shift ? ["Shift"] : []), ...keys].map(key => SIGNS[key] ?? key)

/** @param {string} name @returns {string} for a tooltip */
export function hint(name) {
  const command = COMMANDS.find(known => known.name === name)
  return command ? keysOf(command).join(IS_MAC ? "" : "+") : ""
}

/** @param {KeyboardEvent} event @returns {Command | undefined} */
export function shortcutOf(event) {
  // On a Mac, Ctrl with a letter edits text.
  if (isComposing(event) || event.altKey || !(event.metaKey || (event.ctrlKey && !IS_MAC))) return undefined
  return COMMANDS.find(({ code, shift = false }) => code && code === event.code && shift === event.shiftKey)
}

/** Whether the key press belongs to an input method (Safari says so with 229 only). @param {KeyboardEvent} event */
export const isComposing = event => event.isComposing || event.keyCode === 229

/** @param {Page} page */
export function startKeyboard(page) {
  addEventListener("keydown", event => {
    const command = shortcutOf(event)
    if (command) {
      event.preventDefault()
      command.run?.(page)
    } else if (event.key === "Escape" && !event.defaultPrevented && !isComposing(event) && page.store.answering.value && !document.querySelector("dialog[open]")) {
      void page.actions.stop()
    }
  })
}
