/** What a person can do. Each function is one wish; what has to be asked, stored and shown for it is decided here. */
import * as api from "./api.js"
import { emptyAnswer, isRunning, lastMessage } from "./chat.js"
import { draftOf, keepDraft, prefer, preferences } from "./preferences.js"
import { addressOf, go, route } from "./router.js"
import * as store from "./store.js"
import { t } from "./i18n.js"

/** @import { Message, Numbered } from "./chat.js" */
/** @import { Conversation } from "./conversations.js" */

/** How often an unanswered question is repeated before its text goes back to the composer. */
const ATTEMPTS = 4
/** How long a message at the edge of the page stays, milliseconds; longer when there is something to press. */
const TOAST = 5_000
const TOAST_WITH_ACTION = 9_000
/** How often the list is read while an answer runs in another conversation, milliseconds. */
const GLANCE = 5_000
/** Letters of a question that make a title until the server has made one. */
const TITLE = 60

/** The streams that are being read, by answer id. @type {Map<string, AbortController>} */
const readers = new Map()

// --- Conversations ---------------------------------------------------------------------------------------------------

/** Show the conversation that the address names. */
export async function openRoute() {
  const at = route.value
  if (at.name === "chat") await openConversation(at.id)
  else leaveConversation(at.name === "unknown" ? "missing" : "shown")
}

/** @param {string} id */
async function openConversation(id) {
  if (store.chat.value.id === id && store.opening.value === "shown") return
  leaveConversation("loading")
  await readConversation(id)
}

/** @param {string} id */
async function readConversation(id) {
  try {
    const { conversation, messages } = await api.readConversation(id)
    if (!isShown(id)) return
    store.dispatch({ type: "opened", id, messages })
    store.dispatchList({ type: "saved", conversation })
    store.opening.value = "shown"
    selectAsIn(conversation)
    for (const message of messages) if (isRunning(message)) void resume(message)
  } catch (error) {
    if (!isShown(id)) return
    if (isLoginNeeded(error)) return goToLogin()
    store.opening.value = error instanceof api.ApiError && error.status === 404 ? "missing" : "failed"
  }
}

const isShown = (/** @type {string} */ id) => route.value.name === "chat" && route.value.id === id

/** @param {import("./store.js").Opening} next */
function leaveConversation(next) {
  for (const reader of readers.values()) reader.abort()
  readers.clear()
  store.dispatch({ type: "left" })
  keepQueue()
  store.refusal.value = null
  store.editing.value = ""
  store.opening.value = next
}

export function newConversation() {
  store.drawer.value = false
  go(null)
}

/** The list, and the open conversation if it changed elsewhere. */
export async function refreshConversations() {
  try {
    const { conversations, next } = await api.listConversations()
    store.dispatchList({ type: "listed", items: conversations, next })
  } catch (error) {
    if (isLoginNeeded(error)) goToLogin()
  }
}

export async function moreConversations(limit = 50) {
  const { next } = store.conversations.value
  if (!next) return
  const page = await api.listConversations({ before: next, limit }).catch(() => null)
  if (page) store.dispatchList({ type: "continued", items: page.conversations, next: page.next })
}

/** @param {Conversation} conversation @param {string} title */
export async function renameConversation(conversation, title) {
  const wanted = title.trim()
  if (!wanted || wanted === conversation.title) return
  store.dispatchList({ type: "renamed", id: conversation.id, title: wanted })
  try {
    store.dispatchList({ type: "saved", ...(await api.renameConversation(conversation.id, wanted)) })
  } catch (error) {
    store.dispatchList({ type: "renamed", id: conversation.id, title: conversation.title })
    complain(error)
  }
}

/** @param {Conversation} conversation */
export async function deleteConversation(conversation) {
  const wasShown = isShown(conversation.id)
  store.dispatchList({ type: "removed", id: conversation.id })
  if (wasShown) go(null)
  try {
    await api.deleteConversation(conversation.id)
  } catch (error) {
    store.dispatchList({ type: "saved", conversation })
    return complain(error)
  }
  toast(t("toast.deleted", { title: conversation.title }), {
    label: t("toast.undo"),
    run: () => void restoreConversation(conversation.id, wasShown),
  })
}

/** @param {string} id @param {boolean} show */
async function restoreConversation(id, show) {
  try {
    store.dispatchList({ type: "saved", ...(await api.restoreConversation(id)) })
    if (show) go(id)
  } catch (error) {
    complain(error)
  }
}

// --- Asking ----------------------------------------------------------------------------------------------------------

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
  void ask(question, store.path.value.at(-1) ?? "")
}

/** @param {number} index */
export function unqueue(index) {
  store.queue.value = store.queue.value.filter((_, at) => at !== index)
}

/** Ask an earlier question in other words; a new branch grows beside the old one. @param {Message} message @param {string} text */
export function resend(message, text) {
  store.editing.value = ""
  const question = text.trim()
  if (question && !store.answering.value) void ask(question, message.parent_id ?? "")
}

/** @param {string} text @param {string} parent "" is the beginning */
async function ask(text, parent) {
  const conversation = store.chat.value.id ?? newId()
  const isNew = store.chat.value.id === null
  const question = newId()
  const pending = emptyAnswer(`pending-${question}`, question, { ...shownChoice() })
  const choice = choiceToSend()
  store.refusal.value = null
  store.dispatch({
    type: "asked", conversation, answer: pending,
    question: { id: question, key: question, parent_id: parent || null, role: "user", text, created_at: Date.now() / 1000 },
  })
  keepDraft(isNew ? null : conversation, text)

  let attempts = 0
  await read(conversation, pending.id, 0, signal => {
    attempts += 1
    if (attempts > ATTEMPTS) throw new api.ApiError("no_connection", 0)
    return api.ask({ conversation, question, text, parent, web: store.web.value, ...choice }, signal)
  }, {
    onStarted: () => {
      if (draftOf(isNew ? null : conversation) === text) keepDraft(isNew ? null : conversation, "")
      if (isNew) begin(conversation, text)
      else void refreshConversations()
    },
    onRefused: error => {
      store.dispatch({ type: "refused", question, answer: pending.id })
      store.refusal.value = troubleOf(error, choice)
      giveBack([text])
    },
  })
}

/** A conversation has come to be: it has an address and a line in the list. @param {string} id @param {string} text */
function begin(id, text) {
  const now = Date.now() / 1000
  const { model, provider, role } = store.selection.value
  store.dispatchList({
    type: "saved",
    conversation: { id, title: text.slice(0, TITLE), model, provider, role, created_at: now, updated_at: now, revision: 0, running: true },
  })
  go(id)
  void refreshConversations()
}

/** Answer the same question again, with the model chosen now. @param {Message} message */
export function regenerate(message) {
  if (store.answering.value) return
  const conversation = store.chat.value.id
  if (!conversation) return
  const id = newId()
  const choice = choiceToSend()
  store.dispatch({ type: "regenerated", answer: emptyAnswer(id, message.parent_id, shownChoice()) })
  void read(conversation, id, 0, signal => api.regenerate(message.id, { id, ...choice }, signal), {
    onRefused: error => {
      store.dispatch({ type: "refused", question: null, answer: id })
      store.dispatch({ type: "chosen", message: message.id })
      complain(error, choice)
    },
  })
}

/** Read on where an answer was left. @param {Message} answer */
function resume(answer) {
  const conversation = store.chat.value.id ?? ""
  const after = answer.seq ?? 0
  return read(conversation, answer.id, after, signal => api.answerEvents(answer.id, after, signal), {
    onRefused: () => void readConversation(conversation),
  })
}

/**
 * Read an answer to its end and show what comes.
 * @param {string} conversation @param {string} id of the answer, as known so far @param {number} after
 * @param {(signal: AbortSignal) => Promise<Response>} open the first line; later ones are always "events after"
 * @param {{ onStarted?: () => void, onRefused: (error: unknown) => void }} then
 */
async function read(conversation, id, after, open, { onStarted, onRefused }) {
  const reader = new AbortController()
  readers.set(id, reader)
  let known = after > 0

  /** @param {Numbered[]} events */
  const take = events => {
    store.dispatch({ type: "streamed", answer: id, events, at: Date.now() })
    const started = events.find(({ event }) => event.type === "started")?.event
    if (!started || known) return
    store.flush()
    known = true
    readers.delete(id)
    id = started.answer
    readers.set(id, reader)
    onStarted?.()
  }

  try {
    const { follow } = await import("./stream.js").catch(() => { throw new api.ApiError("no_connection", 0) })
    const ended = await follow({
      open: (seq, signal) => (known ? api.answerEvents(id, seq, signal) : open(signal)),
      onEvents: take, onLine: showLine, after, signal: reader.signal,
    })
    store.flush()
    if (ended) finish(conversation)
  } catch (error) {
    store.flush()
    if (!(error instanceof api.Refused)) throw error
    if (isLoginNeeded(error)) return goToLogin()
    showLine(false)
    onRefused(error)
  } finally {
    readers.delete(id)
  }
}

/** @param {string} conversation */
function finish(conversation) {
  store.dispatchList({ type: "ran", id: conversation, running: false })
  void refreshConversations()
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

/** What waits unsent in a conversation that is left becomes its draft. */
function keepQueue() {
  const { id } = store.chat.value
  if (store.queue.value.length) keepDraft(id, [...store.queue.value, draftOf(id)].filter(Boolean).join("\n\n"))
  store.queue.value = []
}

/** Put text back into the composer. @param {string[]} texts */
function giveBack(texts) {
  if (texts.length) store.returned.value = texts.join("\n\n")
}

/** Stop the answer that is being written. What was written stays. */
export async function stop() {
  const answer = store.answering.value
  if (!answer || answer.startsWith("pending-")) return
  try {
    await api.stopAnswer(answer)
  } catch (error) {
    complain(error)
  }
}

/** Show another version of a question or an answer. @param {string} id */
export const showVersion = id => store.dispatch({ type: "chosen", message: id })

/** @param {string} text @param {string} [said] what to tell the person */
export async function copy(text, said = t("toast.copied")) {
  const { copyText } = await import("./clipboard.js")
  toast((await copyText(text)) ? said : t("toast.copy_failed"))
}

/** Copy the last answer of the open conversation. */
export function copyLastAnswer() {
  const { messages } = store.chat.value
  const last = store.path.value.map(id => messages.get(id)).findLast(message => message?.role === "assistant" && message.text)
  if (last) void copy(last.text)
}

/** Rewrite the last own message. @returns {boolean} whether there is one */
export function editLast() {
  const { messages } = store.chat.value
  const last = store.path.value.findLast(id => messages.get(id)?.role === "user")
  if (!last || store.answering.value) return false
  store.editing.value = last
  return true
}

// --- Choosing --------------------------------------------------------------------------------------------------------

/** Read what can be chosen: models, providers, roles. */
export async function loadCatalogue() {
  const [models, providers, roles] = await Promise.allSettled([api.models(), api.providers(), api.roles()])
  const failed = [models, providers].find(outcome => outcome.status === "rejected")
  if (failed && isLoginNeeded(failed.reason)) return goToLogin()
  const catalogue = { ...store.catalogue.value, asking: false }
  if (models.status === "fulfilled") Object.assign(catalogue, { models: models.value.models, default: models.value.default })
  if (providers.status === "fulfilled") Object.assign(catalogue, { providers: providers.value.providers, found: providers.value.found })
  if (roles.status === "fulfilled") catalogue.roles = roles.value.roles
  store.catalogue.value = { ...catalogue, state: failed ? "failed" : "ready" }
  if (catalogue.providers.some(({ state }) => state === "checking")) setTimeout(() => void loadCatalogue(), 1_500)
}

/** Ask all providers again. */
export async function refreshCatalogue() {
  store.catalogue.value = { ...store.catalogue.value, asking: true }
  try {
    await api.refreshProviders()
  } catch (error) {
    complain(error)
  }
  await loadCatalogue()
}

/** @param {string} model @param {string} provider */
export function chooseModel(model, provider) {
  store.selection.value = { ...store.selection.value, model, provider }
  store.refusal.value = null
  prefer({ model, provider })
}

/** @param {string} role */
export function chooseRole(role) {
  store.selection.value = { ...store.selection.value, role }
  prefer({ role })
}

/** Go on with the model and role that a conversation was held with. @param {Conversation} conversation */
function selectAsIn({ model, provider, role }) {
  const now = store.selection.value
  store.selection.value = { model: model ?? now.model, provider: (model && provider) || now.provider, role: role ?? now.role }
}

/** The chosen model, if it is still there; else what the server takes by itself. */
export function shownChoice() {
  const { models, default: first } = store.catalogue.value
  const { model, provider } = store.selection.value
  const known = models.find(other => other.id === model && (!provider || other.provider === provider))
  return known ? { model: known.id, provider: known.provider } : { model: first?.model ?? model, provider: first?.provider ?? provider }
}

function choiceToSend() {
  const { roles } = store.catalogue.value
  const { role } = store.selection.value
  return { ...shownChoice(), role: roles.some(({ id }) => id === role) ? role : "" }
}

// --- The page itself -------------------------------------------------------------------------------------------------

export { addressOf, draftOf, go, keepDraft, prefer }

/** On a narrow screen the list of conversations lies over the page. */
const isNarrow = () => matchMedia("(max-width: 56rem)").matches

export function showSidebar() {
  if (isNarrow()) store.drawer.value = true
  else prefer({ sidebar: true })
}

export function toggleSidebar() {
  if (isNarrow()) store.drawer.value = !store.drawer.value
  else prefer({ sidebar: !preferences.value.sidebar })
}

/** Who is logged in, and which version this is. */
export async function aboutServer() {
  const [who, what] = await Promise.allSettled([api.session(), api.version()])
  return {
    isSignedIn: who.status === "fulfilled" && who.value.login_required && who.value.signed_in,
    version: what.status === "fulfilled" ? what.value.version : "",
  }
}

/** @param {string} text @param {{ label: string, run: () => void }} [action] */
export function toast(text, action) {
  const id = Date.now() + Math.random()
  store.toasts.value = [...store.toasts.value.slice(-2), { id, text, action }]
  setTimeout(() => dismiss(id), action ? TOAST_WITH_ACTION : TOAST)
}

/** @param {number} id */
export function dismiss(id) {
  store.toasts.value = store.toasts.value.filter(toast => toast.id !== id)
}

/** @param {unknown} error @param {{ model?: string, provider?: string }} [about] */
function complain(error, about = {}) {
  if (isLoginNeeded(error)) return goToLogin()
  const { code, values } = troubleOf(error, about)
  toast(t(`errors.${code}`, values))
}

/** @param {unknown} error @param {{ model?: string, provider?: string }} about @returns {import("./store.js").Trouble} */
function troubleOf(error, { model = "", provider = "" }) {
  const names = { model, provider: providerTitle(provider), name: model }
  return error instanceof api.ApiError ? { code: error.code, values: { ...names, ...error.values } } : { code: "internal", values: names }
}

/** @param {string | undefined} id */
export const providerTitle = id => store.catalogue.value.providers.find(provider => provider.id === id)?.title || id || ""

/** What a model is called. @param {string | undefined} id @param {string | undefined} provider @returns {string} */
export function modelTitle(id, provider) {
  const known = store.catalogue.value.models.find(model => model.id === id && model.provider === provider)
  // llama.cpp names a model by the path of its file.
  return known?.title || (id ?? "").replace(/^.*\/([^/]+)\.gguf$/i, "$1")
}

/** @param {boolean} lost */
function showLine(lost) {
  store.line.value = lost ? (navigator.onLine ? "reconnecting" : "offline") : "online"
}

/** @param {unknown} error */
const isLoginNeeded = error => error instanceof api.ApiError && error.code === "login_required"

function goToLogin() {
  location.assign(new URL("login", api.root))
}

/** @param {boolean} everywhere also on the person's other devices */
export async function logOut(everywhere) {
  try {
    await api.logOut(everywhere)
    goToLogin()
  } catch (error) {
    complain(error)
  }
}

/** Another tab or device may have changed things while this page was not looked at. */
export function startLooking() {
  addEventListener("offline", () => { store.line.value = "offline" })
  addEventListener("online", () => {
    store.line.value = "online"
    void refreshConversations()
  })
  document.addEventListener("visibilitychange", () => { if (!document.hidden) void refreshConversations() })
  setInterval(() => {
    const elsewhere = store.conversations.value.items.some(({ id, running }) => running && id !== store.chat.value.id)
    if (elsewhere && !document.hidden) void refreshConversations()
  }, GLANCE)
}

/** Random, also where the page came over plain http and `crypto.randomUUID` is missing. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("")
}
