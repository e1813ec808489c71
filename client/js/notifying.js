/** Tells of answers that ended while nobody looked: by a mark before the title, and where a person wished it, by a notification. */
import { readConversation } from "./api.js"
import { refreshConversations } from "./asking.js"
import { prefer, preferences } from "./preferences.js"
import { addressOf, go, route } from "./router.js"
import * as store from "./store.js"

/** @import { Message } from "./chat.js" */

/** How often a hidden page looks whether an answer has ended, milliseconds; browsers make it rarer after a while. */
const GLANCE = 5_000
/** Nobody needs to be called for an answer that took less, seconds. */
const LONG = 20
/** Letters of an answer that a notification shows. */
const FIRST_WORDS = 140

/** Conversations whose answers are waited for. */
const awaited = new Set()
/** @type {ReturnType<typeof setInterval> | undefined} */
let glancing

/** Ask for the permission, or wish for no more notifications. @param {boolean} isOn @returns {Promise<boolean>} whether it is as wished */
export async function notify(isOn) {
  const isAllowed = isOn && (await Notification.requestPermission()) === "granted"
  prefer({ notify: isAllowed })
  return isAllowed === isOn
}

export function startNoticing() {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave()
    else comeBack()
  })
  if (document.hidden) leave()
}

/** A hidden page gives its line to the server back (stream.js), so the list says which answers have ended. */
function leave() {
  for (const { id, running } of store.conversations.value.items) if (running) awaited.add(id)
  if (store.answering.value && store.chat.value.id) awaited.add(store.chat.value.id)
  if (awaited.size) glancing ??= setInterval(() => void look(), GLANCE)
}

function comeBack() {
  clearInterval(glancing)
  glancing = undefined
  awaited.clear()
  store.unread.value = false
}

async function look() {
  await refreshConversations()
  const running = new Set(store.conversations.value.items.filter(item => item.running).map(({ id }) => id))
  const ended = [...awaited].filter(id => !running.has(id))
  if (!document.hidden || store.line.value !== "online") return
  for (const id of ended) {
    awaited.delete(id)
    store.unread.value = true
    if (preferences.value.notify && globalThis.Notification?.permission === "granted") await tellOf(id).catch(() => {})
  }
  if (!awaited.size) {
    clearInterval(glancing)
    glancing = undefined
  }
}

/** @param {string} id */
async function tellOf(id) {
  const { conversation, messages } = await readConversation(id)
  const answer = messages.filter(({ role }) => role === "assistant").at(-1)
  if (answer && tookLong(answer)) await tell(id, conversation.title, firstWords(answer.text))
}

/** @param {Message} answer */
const tookLong = ({ created_at: begun, finished_at: ended }) => Boolean(begun && ended && ended - begun > LONG)

/** Without the signs of Markdown, in one line. @param {string} text */
export function firstWords(text) {
  const line = text.replace(/^[ \t]*(?:```.*|#{1,6} |> |[-*+] |\d+\. )/gm, "").replace(/[*_`|]+/g, "").replace(/\s+/g, " ").trim()
  return line.length > FIRST_WORDS ? `${line.slice(0, FIRST_WORDS).replace(/\s+\S*$/, "")}…` : line
}

/** Android lets only the worker show notifications; elsewhere the page can do it too. @param {string} id @param {string} title @param {string} body */
export async function tell(id, title, body) {
  const about = { body, tag: id, data: new URL(addressOf(id), location.href).href, icon: new URL("../icons/app-192.png", import.meta.url).href }
  const worker = await navigator.serviceWorker?.getRegistration()
  if (worker?.active) return worker.showNotification(title, about)
  const shown = new Notification(title, about)
  shown.onclick = () => {
    shown.close()
    focus()
    if (route.value.name !== "chat" || route.value.id !== id) go(id)
  }
}
