/** Says finished sentences of the running answer to those who listen instead of looking. */
import { html, effect, useEffect, useRef } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"

/** At least so long between two announcements, milliseconds: a screen reader reads slower than a model writes. */
const PAUSE = 1_500

export function Announcer() {
  const { store } = usePage()
  const place = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => announce(store, text => { if (place.current) place.current.textContent = text }), [])
  return html`<div class="visually-hidden" ref=${place} aria-live="polite" aria-atomic="true"></div>`
}

/** @param {import("../page.js").Page["store"]} store @param {(text: string) => void} say @returns {() => void} ends it */
function announce({ answering, messageSignal }, say) {
  let id = ""
  let said = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer

  const speak = (/** @type {boolean} */ toTheEnd) => {
    const text = messageSignal(id).peek()?.text ?? ""
    const end = toTheEnd ? text.length : said + endOfSentence(text.slice(said))
    if (end > said) say(plain(text.slice(said, end)))
    said = Math.max(said, end)
  }
  const stop = effect(() => {
    const next = answering.value
    if (next && id.startsWith("pending-")) id = next
    if (next === id) return
    clearInterval(timer)
    if (id && !next) speak(true)
    id = next
    said = 0
    if (!id) return
    say(t("messages.answering"))
    timer = setInterval(() => speak(false), PAUSE)
  })
  return () => {
    stop()
    clearInterval(timer)
  }
}

/** Where the last whole sentence ends. @param {string} text */
export function endOfSentence(text) {
  const ends = [...text.matchAll(/[.!?…]["»”)]*\s|\n/g)]
  const last = ends.at(-1)
  return last ? last.index + last[0].length : 0
}

/** Without the marks of Markdown, and with code only mentioned. @param {string} text */
const plain = text => text.replace(/```[\s\S]*?(```|$)/g, t("messages.code")).replace(/[#*_`>|]+/g, " ").trim()
