/**
 * Everything the page shows, in signals. `dispatch` is how it changes.
 *
 * The pieces of a running answer come hundreds a second; they are gathered and applied once a frame, and only the
 * message they belong to is told. Everything else is applied at once.
 */
import { batch, computed, signal } from "./view.js"
import * as chats from "./chat.js"
import * as lists from "./conversations.js"

/** @import { ReadonlySignal, Signal } from "./view.js" */
/** @import { Chat, ChatEvent, Message } from "./chat.js" */
/** @import { Conversations, ListEvent } from "./conversations.js" */
/** @import { Model, Options, Provider, Role } from "./api.js" */

/** @typedef {{ models: Model[], providers: Provider[], found: string[], roles: Role[],
 *              default: { model: string, provider: string } | null, state: "loading" | "ready" | "failed", asking: boolean }} Catalogue */
/** @typedef {{ model: string, provider: string, role: string }} Selection empty strings: as the server likes */
/** @typedef {{ id: number, text: string, action?: { label: string, run: () => void } }} Toast */
/** @typedef {{ code: string, values: Record<string, unknown> }} Trouble */
/** @typedef {{ options: Options | null, values: Record<string, string> }} Tuning values of the variables in roles */
/** @typedef {"loading" | "shown" | "missing" | "failed"} Opening how far the open conversation is */

export { preferences } from "./preferences.js"
export { route } from "./router.js"

/** @type {Signal<Chat>} */
export const chat = signal(chats.emptyChat())
/** @type {Signal<Opening>} */
export const opening = signal(/** @type {Opening} */ ("shown"))
/** @type {Signal<Conversations>} */
export const conversations = signal(lists.emptyList())
/** @type {Signal<Catalogue>} */
export const catalogue = signal(/** @type {Catalogue} */ ({
  models: [], providers: [], found: [], roles: [], default: null, state: "loading", asking: false,
}))
/** What the server's page greets with until the catalogue is here: client/html/greeting. */
export const expected = globalThis.document?.querySelector('meta[name="greeting"]')?.getAttribute("content") ?? ""
/** @type {Signal<Selection>} */
export const selection = signal({ model: "", provider: "", role: "" })
/** When the open conversation last changed, as far as it is shown; seconds. @type {Signal<number>} */
export const shownAsOf = signal(0)
/** The open conversation, or the one about to begin, is kept nowhere but in this page. @type {Signal<boolean>} */
export const temporary = signal(false)
/** Search the web for the answer. @type {Signal<boolean>} */
export const web = signal(false)
/** Why the last question was not taken; its text is back in the composer. @type {Signal<Trouble | null>} */
export const refusal = signal(/** @type {Trouble | null} */ (null))
/** Text on its way back to the composer. @type {Signal<string>} */
export const returned = signal("")
/** Questions that wait for the running answer, of the open conversation. @type {Signal<string[]>} */
export const queue = signal(/** @type {string[]} */ ([]))
/** @type {Signal<Toast[]>} */
export const toasts = signal(/** @type {Toast[]} */ ([]))
/** @type {Signal<"online" | "offline" | "reconnecting">} */
export const line = signal(/** @type {"online" | "offline" | "reconnecting"} */ ("online"))
/** Which dialog is open, and what it is about after a space. @type {Signal<string>} */
export const dialog = signal("")
/** Whether a dialog is open, under which nothing of the page can be pressed. @type {Signal<boolean>} */
export const covered = signal(false)
/** Whether an answer ended while nobody looked. @type {Signal<boolean>} */
export const unread = signal(false)
/** The list of conversations over the page, on a narrow screen. @type {Signal<boolean>} */
export const drawer = signal(false)
/** The conversations that are being chosen, or null while nobody chooses several. @type {Signal<Set<string> | null>} */
export const selected = signal(/** @type {Set<string> | null} */ (null))
/** What the pages of 2023 left in this browser, and whether moving it is offered. @type {Signal<{ count: number, offered: boolean }>} */
export const ancestors = signal({ count: 0, offered: false })
/** The message one is being led to from a search. @type {Signal<{ conversation: string, message: string } | null>} */
export const sought = signal(/** @type {{ conversation: string, message: string } | null} */ (null))
/** Models that are asked the same question side by side; fewer than two are none. @type {Signal<{ model: string, provider: string }[]>} */
export const rivals = signal(/** @type {{ model: string, provider: string }[]} */ ([]))
/** Whether the next question goes to several models. Of a temporary talk the server knows no answer to compare with. */
export const comparing = computed(() => rivals.value.length > 1 && !temporary.value)
/** The message that is read aloud. @type {Signal<{ id: string, paused: boolean } | null>} */
export const reading = signal(/** @type {{ id: string, paused: boolean } | null} */ (null))
/** Which of the pickers is open. @type {Signal<"" | "model" | "role" | "options">} */
export const picker = signal(/** @type {"" | "model" | "role" | "options"} */ (""))
/** How the answers of the open conversation are asked for. `options: null`: as its role says. @type {Signal<Tuning>} */
export const tuning = signal(/** @type {Tuning} */ ({ options: null, values: {} }))
/** What goes on once the role's variables have values, and what is done when they get none. @type {Signal<{ go: () => void, back: () => void } | null>} */
export const unfilled = signal(/** @type {{ go: () => void, back: () => void } | null} */ (null))
/** The message that is being rewritten. @type {Signal<string>} */
export const editing = signal("")

/** The id of the open conversation, null before its first question. Whoever needs no more of the chat is not told of every word. */
export const openId = computed(() => chat.value.id)
// While an answer grows these two stay the same objects, and nothing that depends on the tree is computed again.
const order = computed(() => chat.value.order)
const chosen = computed(() => chat.value.chosen)
/** Children of every message. @type {ReadonlySignal<Map<string, string[]>>} */
export const family = computed(() => order.value && chats.childrenOf(chat.peek()))
/** Ids of the messages of the shown branch. @type {ReadonlySignal<string[]>} */
export const path = computed(() => chosen.value && chats.branch(chat.peek(), family.value))
/** Whether all its messages are here. */
export const whole = computed(() => chat.value.whole)
const spread = computed(() => chat.value.spread)
/** Ids of the pinned messages. */
export const pinned = computed(() => chat.value.pinned)
/** Answers that stand side by side, by the one of them that is in the path. @type {ReadonlySignal<Map<string, string[]>>} */
export const columns = computed(() => spread.value && chats.columnsOf(chat.peek(), path.value, family.value))
/** The answers that are being written at the end of the shown branch. */
export function written() {
  const last = path.value.at(-1) ?? ""
  return (columns.value.get(last) ?? [last]).filter(id => chats.isRunning(chat.value.messages.get(id)))
}
/** The id of the (first) answer that is being written at the end of the shown branch, or "". @type {ReadonlySignal<string>} */
export const answering = computed(() => written()[0] ?? "")

/** @type {Map<string, Signal<Message>>} */
const messages = new Map()

/** The signal of one message: whoever reads it is told of its changes only. @param {string} id @returns {Signal<Message>} */
export function messageSignal(id) {
  let known = messages.get(id)
  if (!known) messages.set(id, (known = signal(/** @type {Message} */ (chat.peek().messages.get(id)))))
  return known
}

/** @type {Extract<ChatEvent, { type: "streamed" }>[]} */
let waiting = []
/** @type {ReturnType<typeof setTimeout> | 0} */
let timer = 0
/** What the last frame with new words cost, and when it was over: on a slow machine the next one leaves as much time to the person. */
const pace = { cost: 0, over: 0 }
/** Half a frame of a usual screen: cheaper drawing needs no pauses, milliseconds. */
const SHORT = 8
/** Words wait no longer than this, milliseconds. */
const LONGEST_WAIT = 100

/** @param {ChatEvent} event */
export function dispatch(event) {
  if (event.type === "streamed") {
    gather(event)
    return
  }
  flush()
  apply(event)
}

/** @param {Extract<ChatEvent, { type: "streamed" }>} event */
function gather(event) {
  const last = waiting.at(-1)
  if (last?.answer === event.answer) last.events.push(...event.events)
  else waiting.push({ ...event, events: [...event.events] })
  if (timer) return
  // A hidden page gets no frames; it is kept up to date all the same, in larger steps.
  const hidden = globalThis.document?.hidden ?? true
  timer = setTimeout(flush, hidden ? 200 : LONGEST_WAIT)
  if (hidden) return
  const rest = pace.over + pace.cost - performance.now()
  if (pace.cost < SHORT || rest <= 0) requestAnimationFrame(flushInFrame)
  else setTimeout(() => requestAnimationFrame(flushInFrame), Math.min(rest, LONGEST_WAIT))
}

/** @param {number} started */
function flushInFrame(started) {
  if (!timer) return
  flush()
  // A task of its own comes after the frame has been laid out and painted.
  setTimeout(() => {
    pace.over = performance.now()
    pace.cost = Math.min(pace.over - started, LONGEST_WAIT)
  })
}

/** Apply what has gathered, now. */
export function flush() {
  clearTimeout(timer)
  timer = 0
  const events = waiting
  waiting = []
  for (const event of events) apply(event)
}

/** @param {ChatEvent} event */
function apply(event) {
  const before = chat.peek()
  const after = chats.reduce(before, event)
  if (after === before) return
  batch(() => {
    chat.value = after
    for (const [id, known] of messages) {
      const message = after.messages.get(id)
      if (message) known.value = message
      else messages.delete(id)
    }
  })
}

/** @param {ListEvent} event */
export function dispatchList(event) {
  conversations.value = lists.reduce(conversations.peek(), event)
}
