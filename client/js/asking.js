/** Asking, and reading answers: what is sent, shown before it is known, taken up after a cut, stopped, and asked again. */
import * as api from "./api.js"
import { emptyAnswer, lastMessage } from "./chat.js"
import { language, t } from "./i18n.js"
import { draftOf, keepDraft as keep } from "./preferences.js"
import { go } from "./router.js"
import { complain, goToLogin, isLoginNeeded, toast, troubleOf } from "./say.js"
import * as store from "./store.js"

/** @import { Message, Numbered } from "./chat.js" */

/** How often an unanswered question is repeated before its text goes back to the composer. */
const ATTEMPTS = 4
/** Letters of a question that make a title until the server has made one. */
const TITLE = 60

/** How soon one looks for a title that the model is making, milliseconds. */
const TITLE_COMES = 1_500
/** @type {ReturnType<typeof setTimeout> | undefined} */
let looking

/** Nothing of a temporary talk stays in this browser. @type {typeof keep} */
export const keepDraft = (conversation, text) => { if (!store.temporary.value) keep(conversation, text) }

/** The streams that are being read, by answer id. @type {Map<string, AbortController>} */
const readers = new Map()
/** Answers that were stopped before the server had named them. @type {Set<string>} */
const unwanted = new Set()

/**
 * Send what was written, after the last message shown. While an answer runs it waits its turn.
 * @param {string} text
 */
export function send(text) {
  const question = text.trim()
  if (!question) return
  if (store.answering.value) {
    store.queue.value = [...store.queue.value, question]
    return
  }
  whenFilled(() => void ask(question, store.path.value.at(-1) ?? ""), () => giveBack([question]))
}

/** What waits shall not be sent; for a moment that can be taken back. @param {number} index */
export function unqueue(index) {
  const text = store.queue.value[index]
  const conversation = store.chat.value.id
  store.queue.value = store.queue.value.filter((_, at) => at !== index)
  const putBack = () => {
    // Where nothing runs any more, or in another conversation, it is for its writer to send.
    if (!store.answering.value || store.chat.value.id !== conversation) return giveBack([text])
    store.queue.value = store.queue.value.toSpliced(index, 0, text)
  }
  toast(t("composer.unqueued"), { label: t("toast.undo"), run: putBack })
}

/** Ask an earlier question in other words; a new branch grows beside the old one. @param {Message} message @param {string} text */
export function resend(message, text) {
  const question = text.trim()
  if (!question || store.answering.value) return
  store.editing.value = ""
  whenFilled(() => void ask(question, message.parent_id ?? ""), () => giveBack([question]))
}

/** @param {string} text @param {string} parent "" is the beginning */
async function ask(text, parent) {
  const conversation = store.chat.value.id ?? newId()
  const isNew = store.chat.value.id === null
  const question = newId()
  const told = toldBefore(parent)
  const rivals = store.comparing.value ? store.rivals.value : [shownChoice()]
  const pending = emptyAnswer(`pending-${question}`, question, rivals[0])
  const beside = rivals.slice(1).map(rival => emptyAnswer(newId(), question, { ...rival, compared: pending.id }))
  const choice = { ...choiceToSend(), role_values: store.tuning.value.values, ...rivals[0] }
  store.refusal.value = null
  store.dispatch({
    type: "asked", conversation, answer: pending, beside,
    question: { id: question, key: question, parent_id: parent || null, role: "user", text, created_at: Date.now() / 1000 },
  })
  keepDraft(isNew ? null : conversation, text)

  await read(conversation, pending.id, 0, signal => api.ask({ conversation, question, text, parent, told, web: store.web.value, ...choice }, signal), {
    onStarted: answer => {
      writeAllBeside(conversation, answer, beside)
      if (draftOf(isNew ? null : conversation) === text) keepDraft(isNew ? null : conversation, "")
      if (told) return
      if (isNew) begin(conversation, text)
      else void refreshConversations()
    },
    onRefused: error => {
      for (const { id } of [...beside, pending]) store.dispatch({ type: "refused", question, answer: id })
      store.refusal.value = troubleOf(error, choice)
      giveBack([text])
    },
  })
}

/** What a temporary talk said so far, which nobody else remembers. @param {string} parent the last of it */
function toldBefore(parent) {
  if (!store.temporary.value) return null
  const { messages } = store.chat.value
  const turns = []
  for (let at = messages.get(parent); at; at = messages.get(at.parent_id ?? "")) if (at.text) turns.unshift({ role: at.role, content: at.text })
  return turns
}

/** A conversation has come to be: it has an address and a line in the list. @param {string} id @param {string} text */
function begin(id, text) {
  const now = Date.now() / 1000
  const { model, provider, role } = store.selection.value
  store.tuning.value = { ...store.tuning.value, options: store.tuning.value.options ?? shownRole()?.options ?? {} }
  store.dispatchList({
    type: "saved",
    conversation: { id, title: text.slice(0, TITLE), model, provider, role, created_at: now, updated_at: now, revision: 0, running: true },
  })
  go(id)
  void refreshConversations()
}

/** One is begun after the other: so they stand in the same order wherever they are read again. @param {string} conversation @param {string} first @param {Message[]} others */
function writeAllBeside(conversation, first, [next, ...others]) {
  if (next) void writeBeside(conversation, first, next, () => writeAllBeside(conversation, first, others))
}

/**
 * Have another model answer the same question, beside the first answer. Its refusal is its own affair.
 * @param {string} conversation @param {string} first the answer it is compared with @param {Message} answer not yet known to the server
 * @param {() => void} [then] once it has begun, or will not
 */
export async function writeBeside(conversation, first, { id, model, provider }, then) {
  if (unwanted.delete(id)) {
    store.dispatch({ type: "refused", question: null, answer: id })
    return then?.()
  }
  const again = { id, ...choiceToSend(), model, provider, compared: true }
  let begun = false
  await read(conversation, id, 0, signal => api.regenerate(first, again, signal), {
    onStarted: () => {
      begun = true
      then?.()
    },
    onRefused: error => {
      showFailure(id, begun ? "interrupted" : "failed", error)
      if (!begun) then?.()
    },
  })
}

/** Answer the same question again, with the model chosen now or another one, or otherwise. @param {Message} message @param {{ model?: string, provider?: string, wish?: import("./api.js").Wish }} [other] */
export function regenerate(message, other) {
  if (store.answering.value) return
  if (unfilledVariables().length) return whenFilled(() => regenerate(message, other))
  const conversation = store.chat.value.id
  if (!conversation) return
  const choice = { ...choiceToSend(), ...other }
  const question = store.chat.value.messages.get(message.parent_id ?? "")
  const told = toldBefore(question?.parent_id ?? "")
  const id = told ? `pending-${newId()}` : newId()
  store.dispatch({ type: "regenerated", answer: emptyAnswer(id, message.parent_id, { model: choice.model, provider: choice.provider }) })
  const again = { conversation, question: id, text: question?.text ?? "", parent: null, told, web: store.web.value, role_values: store.tuning.value.values }
  void read(conversation, id, 0, signal => (told ? api.ask({ ...again, ...choice }, signal) : api.regenerate(message.id, { id, ...choice }, signal)), {
    of: message.parent_id,
    onRefused: error => {
      store.dispatch({ type: "refused", question: null, answer: id })
      store.dispatch({ type: "chosen", message: message.id })
      complain(error, choice)
    },
  })
}

/** Go on where an answer broke off, with the model chosen now. @param {Message} message */
export function proceed(message) {
  const conversation = store.chat.value.id
  if (!conversation || store.answering.value) return
  const after = message.seq ?? 0
  const { role: _, options: __, ...choice } = choiceToSend()
  // A repeated request finds that the answer is being written already: then it is only read.
  const open = (/** @type {AbortSignal} */ signal) => api.proceed(message.id, { after, ...choice }, signal).catch(error => {
    if (error instanceof api.ApiError && error.code === "conflict") return api.answerEvents(message.id, after, signal)
    throw error
  })
  void read(conversation, message.id, after, open, { known: true, onRefused: error => complain(error, choice) })
}

/** Read no more of the open conversation's answers, which goes on without us. What waited unsent becomes its draft. */
export function leaveAnswers() {
  for (const reader of readers.values()) reader.abort()
  readers.clear()
  const { id } = store.chat.value
  if (store.queue.value.length) keepDraft(id, [...store.queue.value, draftOf(id)].filter(Boolean).join("\n\n"))
  store.queue.value = []
}

/** The tab goes away: what waits unsent is kept with the draft. Should it come back as it was, all of it still waits and is no draft. */
export function keepWaiting() {
  const { id } = store.chat.value
  const draft = draftOf(id)
  if (!store.queue.value.length) return
  keepDraft(id, [...store.queue.value, draft].filter(Boolean).join("\n\n"))
  addEventListener("pageshow", ({ persisted }) => { if (persisted) keepDraft(id, draft) }, { once: true })
}

/** Read on where an answer was left. @param {Message} answer */
export async function resume(answer) {
  if (readers.has(answer.id)) return
  const conversation = store.chat.value.id ?? ""
  const after = answer.seq ?? 0
  await read(conversation, answer.id, after, signal => api.answerEvents(answer.id, after, signal), {
    known: true,
    onRefused: error => showFailure(answer.id, "interrupted", error),
  })
}

/** @param {string} answer @param {"failed" | "interrupted"} state @param {unknown} error */
function showFailure(answer, state, error) {
  store.dispatch({ type: "streamed", answer, events: [{ seq: Infinity, event: { type: "failed", state, code: troubleOf(error).code } }] })
  store.flush()
}

/**
 * Read an answer to its end and show what comes.
 * @param {string} conversation @param {string} id of the answer, as known so far @param {number} after
 * @param {(signal: AbortSignal) => Promise<Response>} open the first line; later ones are "events after", once the server has named the answer
 * @param {{ known?: boolean, of?: string | null, onStarted?: (answer: string) => void, onRefused: (error: unknown) => void }} then `known`: the server has named the answer already; `of`: the question it answers
 */
async function read(conversation, id, after, open, { known = false, of = null, onStarted, onRefused }) {
  const reader = new AbortController()
  readers.set(id, reader)
  let attempts = 0
  let opened = false

  /** @param {number} seq @param {AbortSignal} signal */
  const openLine = async (seq, signal) => {
    if (known && opened) return api.answerEvents(id, seq, signal)
    attempts += 1
    if (!known && attempts > ATTEMPTS) throw new api.ApiError("no_connection", 0)
    const response = await open(signal)
    opened = true
    return response
  }
  /** @param {Numbered[]} events */
  const take = events => {
    // Asked again, a temporary question goes by a new name, which is of no use here.
    if (of) for (const { event } of events) if (event.type === "started") event.question = of
    store.dispatch({ type: "streamed", answer: id, events, at: Date.now() })
    const named = events.map(({ event }) => event.answer ?? event.message?.id).find(Boolean)
    if (!named || known) return
    store.flush()
    known = true
    const pending = id
    readers.delete(id)
    id = named
    readers.set(id, reader)
    if (unwanted.delete(pending)) void stopAnswer(id)
    onStarted?.(id)
  }

  try {
    const { follow } = await import("./stream.js").catch(() => { throw new api.ApiError("no_connection", 0) })
    const ended = await follow({ open: openLine, onEvents: take, onLine: showLine, after, signal: reader.signal })
    store.flush()
    if (ended) await finish(conversation)
  } catch (error) {
    store.flush()
    if (!(error instanceof api.Refused)) throw error
    if (isLoginNeeded(error)) return goToLogin()
    showLine(false)
    onRefused(error)
  } finally {
    if (readers.get(id) === reader) readers.delete(id)
  }
}

/** @param {string} conversation */
async function finish(conversation) {
  store.dispatchList({ type: "ran", id: conversation, running: false })
  goOn(conversation)
  if (store.temporary.value) return
  await refreshConversations()
  if (store.chat.value.id !== conversation) return
  const { items } = store.conversations.value
  store.shownAsOf.value = items.find(({ id }) => id === conversation)?.updated_at ?? store.shownAsOf.value
}

/** What was written meanwhile is asked now. @param {string} conversation */
function goOn(conversation) {
  if (store.answering.value || store.chat.value.id !== conversation) return
  const [next, ...rest] = store.queue.value
  if (lastMessage(store.chat.value)?.state === "failed") {
    // What is next was written in the hope of an answer; its writer decides again.
    giveBack(store.queue.value)
    store.queue.value = []
  } else if (next !== undefined) {
    store.queue.value = rest
    send(next)
  }
}

/** Put text back into the composer. @param {string[]} texts */
function giveBack(texts) {
  if (texts.length) store.returned.value = texts.join("\n\n")
}

/** Stop what is being written. What was written stays. */
export function stop() {
  for (const answer of store.written()) void stopAnswer(answer)
}

/** @param {string} answer */
export async function stopAnswer(answer) {
  // Until its first event has come the server may not know it.
  if (!store.chat.value.messages.get(answer)?.seq) return void unwanted.add(answer)
  try {
    await api.stopAnswer(answer)
  } catch (error) {
    complain(error)
  }
}

/** Read the newest of the list. */
export async function refreshConversations() {
  try {
    const { conversations, titling = [], ...first } = await api.listConversations()
    store.dispatchList({ type: "listed", items: conversations, ...first })
    clearTimeout(looking)
    if (conversations.some(({ id, running }) => !running && titling.includes(id))) looking = setTimeout(refreshConversations, TITLE_COMES)
  } catch (error) {
    if (isLoginNeeded(error)) goToLogin()
  }
}

/** The chosen model, if it is still there; else what the server takes by itself. */
export function shownChoice() {
  const { models, providers, default: first } = store.catalogue.value
  const { model, provider } = store.selection.value
  // For a moment after a start the server still looks for it: what was chosen stays chosen
  if (model && provider && providers.some(({ id, local, state }) => id === provider && local && state === "checking")) return { model, provider }
  const known = models.find(other => other.id === model && (!provider || other.provider === provider))
  return known ? { model: known.id, provider: known.provider } : { model: first?.model ?? model, provider: first?.provider ?? provider }
}

/** The role that is played; none while it is not known which there are. */
export const shownRole = () => store.catalogue.value.roles.find(({ id }) => id === store.selection.value.role)

function choiceToSend() {
  return { ...shownChoice(), role: shownRole()?.id ?? "", options: store.tuning.value.options ?? undefined }
}

/** The variables in the role's text that have no value yet. */
export function unfilledVariables() {
  const { variables = {} } = shownRole() ?? {}
  return (variables[language()] ?? variables.en ?? []).filter(name => !(name in store.tuning.value.values))
}

/** Do it, after asking for what the role lacks, if it lacks something. @param {() => void} go @param {() => void} [back] done when it gets nothing */
function whenFilled(go, back = () => {}) {
  if (!unfilledVariables().length) return go()
  store.unfilled.value = { go, back }
  store.dialog.value = "values"
}

/** @param {boolean} lost */
function showLine(lost) {
  store.line.value = lost ? (navigator.onLine ? "reconnecting" : "offline") : "online"
}

/** Random, also where the page came over plain http and `crypto.randomUUID` is missing. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("")
}
