/**
 * Sentences in the person's language: `t("area.thing", { count: 3 })`. Changing the language redraws what was said.
 * A language is two files: what the first page says, and the rest, fetched when something asks for it.
 */
import { awaited, signal } from "./view.js"

/** @import { Signal } from "./view.js" */

/** @typedef {string | Partial<Record<Intl.LDMLPluralRule, string>>} Sentence plural forms are chosen by `values.count` */
/** @typedef {Record<string, Sentence>} Catalogue */
/** @typedef {Record<string, { name: string, direction: "ltr" | "rtl" }>} Languages each in its own words, by its code */

/** What stands in for a sentence that a language does not have yet. */
const FALLBACK = "en"
/** After a file that could not be fetched, milliseconds. */
const AGAIN = 2_000

const page = globalThis.document?.documentElement
/** With the server's `debug`, a missing sentence is marked. */
const isMarked = page?.dataset?.debug === "on"

/** @type {Signal<{ language: string, sentences: Catalogue, whole: boolean }>} whole: the rest is here too */
const current = signal({ language: "", sentences: {}, whole: false })
/** @type {Signal<Catalogue | null>} fetched when a sentence is missing */
const english = signal(null)

/** The language last asked for; it is shown once its sentences are here. */
let wanted = ""
let isWholeWanted = false
/** @type {Map<string, Promise<any>>} */
const files = new Map()

/** @returns {string} */
export const language = () => current.value.language

/**
 * @param {string} key
 * @param {Record<string, unknown>} [values] numbers are written as the language writes them
 * @returns {string} nothing while the sentence is on its way; the key itself when nobody has it, so that it is noticed
 */
export function t(key, values = {}) {
  const { language, sentences, whole } = current.value
  if (key in sentences) return say(sentences[key], language, values)
  if (whole) return sayInEnglish(key, values)
  loadRest().catch(() => setTimeout(() => void loadRest().catch(() => {}), AGAIN))
  return ""
}

/** @param {string} key @returns {boolean} whether the language has it, as far as it is here */
export const has = key => key in current.value.sentences

/** @param {string} key @param {Record<string, unknown>} values */
function sayInEnglish(key, values) {
  if (!english.value) {
    void Promise.all([FALLBACK, `${FALLBACK}.more`].map(file)).then(([first, rest]) => { english.value = { ...first, ...rest } }, () => {})
    return ""
  }
  const said = key in english.value ? say(english.value[key], FALLBACK, values) : key
  return isMarked ? `⟦${said}⟧` : said
}

/** @param {Sentence} sentence @param {string} language @param {Record<string, unknown>} values */
function say(sentence, language, values) {
  return fill(typeof sentence === "string" ? sentence : pluralForm(sentence, language, Number(values.count)), values)
}

/** @param {Exclude<Sentence, string>} forms @param {string} language @param {number} count */
function pluralForm(forms, language, count) {
  return forms[new Intl.PluralRules(language).select(count)] ?? forms.other ?? ""
}

/**
 * A name within a sentence must not turn the order of the words around it: model names are Latin wherever they stand.
 * @param {unknown} text
 */
export const isolated = text => (page?.dir === "rtl" && text ? `\u2068${text}\u2069` : String(text))

/** @param {string} sentence @param {Record<string, unknown>} values */
function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name]
    return typeof value === "number" ? number(value) : isolated(String(value ?? ""))
  })
}

/** What writes numbers and days is dear to make and is asked for with every message. @type {Map<string, any>} */
const writers = new Map()

/**
 * @template W
 * @param {string} name @param {(language: string) => W} make
 * @returns {W} made once for each language
 */
function writer(name, make) {
  const key = `${name} ${language()}`
  if (!writers.has(key)) writers.set(key, make(language()))
  return writers.get(key)
}

/** @param {number} value @param {number} [digits] after the comma, at most */
export const number = (value, digits = 1) =>
  writer(`number ${digits}`, language => new Intl.NumberFormat(language, { maximumFractionDigits: digits })).format(value)

/** @param {string[]} items as the language strings them together */
export const list = items => writer("list", language => new Intl.ListFormat(language, { type: "unit", style: "short" })).format(items)

/** Dollars, as exactly as it takes to see what a small sum is. @param {number} dollars */
export const price = dollars => new Intl.NumberFormat(language(), { style: "currency", currency: "USD", maximumSignificantDigits: 2 }).format(dollars)

/** @param {number} seconds Unix time @returns {string} day and time */
export const moment = seconds =>
  writer("moment", language => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" })).format(seconds * 1000)

/** @param {number} seconds Unix time @returns {string} the day, and the year only if it is another one */
export function day(seconds) {
  const date = new Date(seconds * 1000)
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric"
  return writer(`day ${year}`, language => new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year })).format(date)
}

/** The text of a value that the server keeps in some languages only. @param {Record<string, string> | undefined} texts */
export const localized = texts => texts?.[language()] ?? texts?.[FALLBACK] ?? Object.values(texts ?? {})[0] ?? ""

/** All languages there are, for whoever wants to choose. @returns {Promise<Languages>} */
export const languages = () => file("languages")

/** The person's choice, else what the server found this browser to ask for. @param {string} chosen */
export const pickLanguage = chosen => chosen || (document.querySelector('meta[name="language"]')?.getAttribute("content") ?? page.lang)

/** Speak the chosen language, or the one the page came in when there is no such. @param {string} chosen */
export function startLanguage(chosen) {
  return loadLanguage(pickLanguage(chosen)).catch(() => loadLanguage(page.lang))
}

/** @param {string} language raises when its file cannot be fetched; the present language then stays */
export async function loadLanguage(language) {
  wanted = language
  try {
    await show()
  } catch (error) {
    if (wanted === language) wanted = current.peek().language
    throw error
  }
}

/** The sentences that the first page does not say; raises when they cannot be fetched. */
export async function loadRest() {
  isWholeWanted = true
  await show()
  if (!isWholeWanted) throw new Error(`no more sentences for ${wanted}`)
}

/** Fetch and show what was last asked for. @returns {Promise<void>} */
async function show() {
  const language = wanted
  const wholly = isWholeWanted
  const before = current.peek()
  if (language === before.language && wholly === before.whole) return
  const [first, rest, known] = await Promise.all([
    file(language), wholly && file(`${language}.more`).catch(() => null), language !== page.lang && languages(),
  ])
  if (language !== wanted || wholly !== isWholeWanted) return show() // something else was asked for meanwhile
  isWholeWanted = Boolean(rest)
  if (language === before.language && isWholeWanted === before.whole) return
  current.value = { language, sentences: { ...first, ...rest }, whole: isWholeWanted }
  if (known) Object.assign(page, { lang: language, dir: known[language]?.direction ?? "ltr" })
}

// A component that is fetched when it is needed finds its sentences there.
awaited.push(loadRest)

/** A file of client/locales, fetched once. @param {string} name @returns {Promise<any>} */
function file(name) {
  const known = files.get(name)
  if (known) return known
  const fetching = fetch(new URL(`../locales/${encodeURIComponent(name)}.json`, import.meta.url)).then(response => {
    if (!response.ok) throw new Error(`no sentences in ${name}`)
    return response.json()
  })
  fetching.catch(() => files.delete(name))
  files.set(name, fetching)
  return fetching
}
