/**
 * What this browser remembers of its person: looks, language, last model, unsent text. Only transfer.js uses localStorage too.
 * Where storage is forbidden (private windows, policies) everything works and is forgotten with the page.
 */
import { signal } from "./view.js"
import { root } from "./api.js"

/** @import { Signal } from "./view.js" */

/** @typedef {"auto" | "light" | "dark"} Theme */
/** @typedef {"violet" | "blue" | "green" | "pink"} Accent */
/** @typedef {"comfortable" | "compact"} Density */
/** @typedef {"small" | "normal" | "large" | "larger"} Size of the letters */
/**
 * @typedef {object} Preferences
 * @property {Theme} theme
 * @property {Accent} accent
 * @property {Density} density
 * @property {Size} size
 * @property {string} language empty: as the browser says
 * @property {"send" | "newline"} enter what Enter does in the composer
 * @property {string} model the last one chosen
 * @property {string} provider
 * @property {string} role
 * @property {boolean} sidebar shown on a wide screen
 * @property {string[]} folders that stand open in the list
 * @property {boolean} notify of long answers that ended in a hidden page
 * @property {string[]} recent names of the commands chosen last in the palette
 */

const KEY = "chat.preferences"
const DRAFTS = "chat.drafts"
/** Drafts of the conversations written in last; older ones are let go. */
const DRAFTS_KEPT = 50
/** A year, in seconds. */
const YEAR = 31_536_000

/** @type {Preferences} */
const DEFAULTS = {
  theme: "auto", accent: "violet", density: "comfortable", size: "normal", language: "", enter: "send",
  model: "", provider: "", role: "", sidebar: true, folders: [], recent: [], notify: false,
}

/** @param {string} key @returns {any} */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") ?? {}
  } catch {
    return {}
  }
}

/** @param {string} key @param {object} value */
function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Full or forbidden: nothing that the person does now depends on it.
  }
}

/** Whether a page of this origin keeps something under such names. @param {string} prefix */
export function isKept(prefix) {
  try {
    return Object.keys(localStorage).some(key => key.startsWith(prefix))
  } catch {
    return false
  }
}

/** @type {Signal<Preferences>} */
export const preferences = signal({ ...DEFAULTS, ...read(KEY) })

/** @param {Partial<Preferences>} change */
export function prefer(change) {
  preferences.value = { ...preferences.value, ...change }
  write(KEY, preferences.value)
  show(preferences.value)
}

/**
 * Put the looks on the page, and into cookies so that the server can send the next page in them from its first byte.
 * @param {Preferences} preferences
 */
function show({ theme, accent, density, size, language, sidebar }) {
  const looks = { theme, accent, density, size, sidebar: sidebar ? "shown" : "hidden" }
  Object.assign(document.documentElement.dataset, looks)
  const path = root.pathname
  for (const [name, value] of Object.entries({ ...looks, language })) {
    document.cookie = `${name}=${value}; Path=${path}; Max-Age=${value ? YEAR : 0}; SameSite=Lax`
  }
}

/** @param {string | null} conversation null: the one not yet begun @returns {string} */
export const draftOf = conversation => read(DRAFTS)[conversation ?? "new"] ?? ""

/** @param {string | null} conversation @param {string} text */
export function keepDraft(conversation, text) {
  const key = conversation ?? "new"
  const { [key]: _, ...others } = read(DRAFTS)
  const kept = Object.entries(others).slice(-DRAFTS_KEPT)
  write(DRAFTS, Object.fromEntries(text ? [...kept, [key, text]] : kept))
}

/** Show what was preferred, and follow changes made in other tabs. */
export function startPreferences() {
  show(preferences.value)
  addEventListener("storage", event => {
    if (event.key !== KEY) return
    preferences.value = { ...DEFAULTS, ...read(KEY) }
    show(preferences.value)
  })
}
