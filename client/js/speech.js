/** Reads an answer aloud with the voices of the browser. */
import { effect } from "./view.js"
import { language } from "./i18n.js"
import { plainText } from "./plain.js"
import * as store from "./store.js"

/** Some voices fall silent in the middle of a long text. Letters. */
const PIECE = 220

/** The script of a language. @param {string} tag */
const scriptOf = tag => new Intl.Locale(tag).maximize().script

/** The language to read in: by its letters, else that of the page. @param {string} text @param {string} page */
export function languageOf(text, page) {
  const isCyrillic = /\p{Script=Cyrillic}/u.test(text)
  if (isCyrillic) return scriptOf(page) === "Cyrl" ? page : "ru"
  return scriptOf(page) === "Cyrl" ? "en" : page
}

/** Sentences, joined or cut to what a voice takes at once. @param {string} text @returns {string[]} */
export function piecesOf(text) {
  const sentences = text.split(/\n+|(?<=[.!?…]["»”)]*)\s+/u).flatMap(sentence => sentence.match(new RegExp(`.{1,${PIECE}}(?:\\s|$)|\\S{${PIECE}}`, "gsu")) ?? [])
  /** @type {string[]} */
  const pieces = []
  for (const sentence of sentences.map(each => each.trim()).filter(Boolean)) {
    const last = pieces.at(-1)
    if (last !== undefined && last.length + sentence.length < PIECE) pieces[pieces.length - 1] = `${last} ${sentence}`
    else pieces.push(sentence)
  }
  return pieces
}

/** What is being said. @type {SpeechSynthesisUtterance[] | null} */
let current = null
/** @type {() => void} */
let leave = () => {}

/** @param {import("./chat.js").Message} message */
export function speak(message) {
  stop()
  const text = plainText(message.text, { aloud: true })
  const spoken = piecesOf(text).map(piece => Object.assign(new SpeechSynthesisUtterance(piece), { lang: languageOf(text, language()) }))
  const last = spoken.at(-1)
  if (!last) return
  store.reading.value = { id: message.id, paused: false }
  current = spoken
  // Those of a reading that was ended say so a moment later, when another one may have begun.
  const over = () => { if (current === spoken) stop() }
  last.onend = over
  for (const piece of spoken) {
    piece.onerror = over
    speechSynthesis.speak(piece)
  }
  const conversation = store.chat.value.id
  leave = effect(() => { if (store.chat.value.id !== conversation) queueMicrotask(stop) })
}

/** Pause, or go on. */
export function pause() {
  const { reading } = store
  if (!reading.value) return
  if (reading.value.paused) speechSynthesis.resume()
  else speechSynthesis.pause()
  reading.value = { ...reading.value, paused: !reading.value.paused }
}

export function stop() {
  leave()
  leave = () => {}
  store.reading.value = null
  if (!current) return
  current = null
  speechSynthesis.cancel()
  speechSynthesis.resume() // what was paused would stay so for the next reading
}

globalThis.addEventListener?.("pagehide", stop)
