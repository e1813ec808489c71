/** Sentences in the person's language: `t("area.thing", { count: 3 })`. Changing the language redraws what was said. */
import { signal } from "./view.js"

/** @import { Signal } from "./view.js" */

/** @typedef {string | Partial<Record<Intl.LDMLPluralRule, string>>} Sentence plural forms are chosen by `values.count` */
/** @typedef {Record<string, Sentence>} Catalogue */

/** Languages there is a file for, each in its own words. */
export const LANGUAGES = { ru: "Русский", en: "English" }
const DEFAULT = "ru"

/** @type {Signal<{ language: string, sentences: Catalogue }>} */
const current = signal({ language: DEFAULT, sentences: {} })

/** @returns {string} */
export const language = () => current.value.language

/**
 * @param {string} key
 * @param {Record<string, unknown>} [values] numbers are written as the language writes them
 * @returns {string} the key itself when there is no such sentence, so that it is noticed
 */
export function t(key, values = {}) {
  const { language, sentences } = current.value
  const sentence = sentences[key]
  if (sentence === undefined) return key
  return fill(typeof sentence === "string" ? sentence : pluralForm(sentence, language, Number(values.count)), values)
}

/** @param {string} key @returns {boolean} */
export const has = key => key in current.value.sentences

/** @param {Exclude<Sentence, string>} forms @param {string} language @param {number} count */
function pluralForm(forms, language, count) {
  return forms[new Intl.PluralRules(language).select(count)] ?? forms.other ?? ""
}

/** @param {string} sentence @param {Record<string, unknown>} values */
function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name]
    return typeof value === "number" ? number(value) : String(value ?? "")
  })
}

/** @param {number} value @param {number} [digits] after the comma, at most */
export const number = (value, digits = 1) => new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value)

/** @param {number} seconds Unix time @returns {string} day and time */
export const moment = seconds => new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000)

/** @param {number} seconds Unix time @returns {string} the day, and the year only if it is another one */
export function day(seconds) {
  const date = new Date(seconds * 1000)
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric"
  return new Intl.DateTimeFormat(language(), { day: "numeric", month: "short", year }).format(date)
}

/** The text of a value that the server keeps in several languages. @param {Record<string, string> | undefined} texts */
export const localized = texts => texts?.[language()] ?? texts?.[DEFAULT] ?? texts?.en ?? ""

/** The person's choice, else the first language of the browser that we have. @param {string} chosen */
export function pickLanguage(chosen) {
  const wanted = [chosen, ...navigator.languages].map(tag => tag.split("-")[0])
  return wanted.find(tag => tag in LANGUAGES) ?? DEFAULT
}

/** @param {string} language raises when its file cannot be fetched; the present language then stays */
export async function loadLanguage(language) {
  if (language === current.peek().language && Object.keys(current.peek().sentences).length) return
  const response = await fetch(new URL(`../locales/${language}.json`, import.meta.url))
  if (!response.ok) throw new Error(`no sentences for ${language}`)
  current.value = { language, sentences: await response.json() }
  document.documentElement.lang = language
}
