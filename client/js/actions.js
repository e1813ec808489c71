/** What a person can do, but for asking (asking.js). Each function is one wish; what has to be requested, stored and shown for it is decided here. */
import * as api from "./api.js"
import { keepDraft, leaveAnswers, refreshConversations, resume, shownRole } from "./asking.js"
import { isRunning } from "./chat.js"
import { copyText } from "./clipboard.js"
import { t } from "./i18n.js"
import { whenIdle } from "./idle.js"
import { draftOf, isKept, prefer, preferences } from "./preferences.js"
import { root } from "./root.js"
import { addressOf, go, route } from "./router.js"
import { complain, dismiss, goToLogin, isLoginNeeded, isMissing, modelTitle, providerTitle, toast } from "./say.js"
import * as store from "./store.js"

/** @import { Message } from "./chat.js" */
/** @import { Conversation } from "./conversations.js" */

export { keepWaiting, proceed, refreshConversations, regenerate, resend, send, shownChoice, shownRole, stop, unqueue } from "./asking.js"
export { addressOf, dismiss, draftOf, go, keepDraft, modelTitle, prefer, providerTitle, root, toast }

/** How often the list is read while an answer runs in another conversation, milliseconds. */
const GLANCE = 5_000
/** Until a server that did not answer is asked again, milliseconds. */
const AGAIN = 3_000

/** The next try to read what was said earlier. @type {ReturnType<typeof setTimeout> | undefined} */
let readingEarlier

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
  // Whoever is led to a message needs the way to it.
  await readConversation(id, store.sought.value ? api.readConversation : api.readEnd)
}

/** @param {string} id @param {typeof api.readEnd} [read] */
async function readConversation(id, read = api.readConversation) {
  try {
    const { conversation, messages, earlier } = await read(id)
    // An end that comes late, when one has gone away and come back, would take away what has come meanwhile.
    if (!isShown(id) || (earlier && store.chat.value.id === id)) return
    store.dispatch({ type: "opened", id, messages, earlier })
    if (earlier) whenIdle(() => void readEarlier(id))
    leadToSought(id)
    store.dispatchList({ type: "saved", conversation })
    store.opening.value = "shown"
    store.shownAsOf.value = conversation.updated_at
    selectAsIn(conversation)
    resumeRunning(messages)
  } catch (error) {
    if (!isShown(id)) return
    if (isLoginNeeded(error)) return goToLogin()
    store.opening.value = isMissing(error) ? "missing" : "failed"
  }
}

/** What was said before the end that one sees first. @param {string} id */
async function readEarlier(id) {
  if (store.chat.value.id !== id || store.whole.value) return
  try {
    const { messages } = await api.readConversation(id)
    if (store.chat.value.id !== id) return
    store.dispatch({ type: "completed", id, messages })
    leadToSought(id)
    resumeRunning(messages)
  } catch (error) {
    if (isLoginNeeded(error)) return goToLogin()
    if (store.chat.value.id !== id) return
    if (isMissing(error)) store.opening.value = "missing"
    else {
      clearTimeout(readingEarlier)
      readingEarlier = setTimeout(() => void readEarlier(id), AGAIN)
    }
  }
}

/** Read on what is being written. Of an answer that this page is about to ask for the server does not know yet. @param {Iterable<Message>} told by the server */
function resumeRunning(told) {
  for (const { id } of told) {
    const message = store.chat.value.messages.get(id)
    if (message && isRunning(message)) void resume(message)
  }
}

const isShown = (/** @type {string} */ id) => route.value.name === "chat" && route.value.id === id

/** @param {import("./store.js").Opening} next */
function leaveConversation(next) {
  if (store.temporary.value && store.path.value.length) offerBack()
  leaveAnswers()
  store.dispatch({ type: "left" })
  store.refusal.value = null
  store.editing.value = ""
  store.temporary.value = false
  store.tuning.value = { options: null, values: {} }
  store.opening.value = next
}

/** A temporary talk is nowhere but in this page: whoever left it by mistake has a moment to return. */
function offerBack() {
  const { chat: { value: said }, tuning: { value: tuned } } = store
  const goBack = () => {
    go(null)
    leaveConversation("shown")
    store.temporary.value = true
    store.tuning.value = tuned
    store.chat.value = said
    resumeRunning(said.messages.values())
  }
  toast(t("temporary.left"), { label: t("toast.undo"), run: goBack })
}

/** Open a conversation at one of its messages. @param {string} conversation @param {string} message */
export function openMessage(conversation, message) {
  store.sought.value = { conversation, message }
  go(conversation)
  if (store.chat.value.id === conversation) leadToSought(conversation)
}

/** Show the branch of the message that one is looking for, if it is in this conversation. @param {string} id */
function leadToSought(id) {
  const { sought } = store
  const { messages, whole } = store.chat.value
  const { conversation, message } = sought.value ?? {}
  if (conversation !== id || (whole && !messages.has(message ?? ""))) sought.value = null
  else for (let at = messages.get(message ?? ""); at; at = messages.get(at.parent_id ?? "")) store.dispatch({ type: "chosen", message: at.id })
}

export function newConversation() {
  store.drawer.value = false
  if (store.temporary.value) leaveConversation("shown") // it has no address to go from
  go(null)
  beginAsRole()
}

/** Whether the conversation that is about to begin shall be kept. What was written for it so far is not, either. */
export function toggleTemporary() {
  keepDraft(null, "")
  store.temporary.value = !store.temporary.value
}

/** The list, and the open conversation if it changed in another tab or on another device. */
async function lookAgain() {
  await refreshConversations()
  const open = store.conversations.value.items.find(({ id }) => id === store.chat.value.id)
  if (open && open.updated_at > store.shownAsOf.value && !store.answering.value) await readConversation(open.id)
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

/** Show another version of a question or an answer. @param {string} id */
export const showVersion = id => store.dispatch({ type: "chosen", message: id })

/** @param {string} text @param {string} [said] what to tell the person */
export async function copy(text, said = t("toast.copied")) {
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

/** Read what can be chosen: models, providers, roles. */
export async function loadCatalogue() {
  const [models, providers, roles] = await Promise.allSettled([api.models(), api.providers(), api.roles()])
  const failed = [models, providers].find(outcome => outcome.status === "rejected")
  if (failed && isLoginNeeded(failed.reason)) return goToLogin()
  const isCut = failed?.reason instanceof api.ApiError && failed.reason.code === "no_connection"
  if (isCut) setTimeout(() => void returnToServer(), AGAIN)
  if (isCut || store.line.value !== "online") store.line.value = !isCut ? "online" : navigator.onLine ? "reconnecting" : "offline"
  const catalogue = { ...store.catalogue.value, asking: false }
  if (models.status === "fulfilled") Object.assign(catalogue, { models: models.value.models, default: models.value.default })
  if (providers.status === "fulfilled") Object.assign(catalogue, { providers: providers.value.providers, found: providers.value.found })
  if (roles.status === "fulfilled") catalogue.roles = roles.value.roles
  store.catalogue.value = { ...catalogue, state: failed ? "failed" : "ready" }
  if (!isCut && !isSettled(catalogue)) setTimeout(() => void loadCatalogue(), 1_500)
}

/**
 * Whether asking again would tell nothing new: everybody has been asked, and the two answers are of one moment. Just after a start
 * the models may be those of a moment before the providers had theirs.
 * @param {{ providers: api.Provider[], models: api.Model[] }} catalogue
 */
function isSettled({ providers, models }) {
  return providers.every(({ id, state, models: count }) => state !== "checking" && (state !== "ready" || !count || models.some(({ provider }) => provider === id)))
}

/** What roles are called in the language that is spoken now. */
export async function nameRoles() {
  const { roles } = await api.roles()
  store.catalogue.value = { ...store.catalogue.value, roles }
}

/** The browser can open the page without its server; then it asks until there is an answer. */
async function returnToServer() {
  await loadCatalogue()
  if (store.line.value !== "online") return
  await lookAgain()
  if (store.opening.value === "failed") await openRoute()
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
  store.rivals.value = []
  prefer({ model, provider })
  keepWithConversation({ model, provider })
}

/** @param {string} role */
export function chooseRole(role) {
  store.selection.value = { ...store.selection.value, role }
  prefer({ role })
  keepWithConversation({ role })
  if (store.chat.value.id === null) beginAsRole()
}

/** A conversation that is about to begin gets the model its role prefers, if that one is there. */
function beginAsRole() {
  const { model = "", provider = "" } = shownRole() ?? {}
  const known = model && store.catalogue.value.models.find(other => other.id === model && (!provider || other.provider === provider))
  if (known) chooseModel(known.id, known.provider)
}

/** What is chosen in a conversation is chosen for it, wherever it is opened next. @param {Partial<Conversation>} choice @param {string | null} [of] */
export function keepWithConversation(choice, of = store.chat.value.id) {
  const known = store.conversations.value.items.find(({ id }) => id === of)
  if (known) api.changeConversation(known.id, choice).then(saved => store.dispatchList({ type: "saved", ...saved }), () => {})
}

/** Go on with the model and role that a conversation was held with. @param {Conversation} conversation */
function selectAsIn({ model, provider, role, options = {}, role_values = {} }) {
  store.tuning.value = { options, values: role_values }
  const now = store.selection.value
  store.selection.value = { model: model ?? now.model, provider: (model && provider) || now.provider, role: role ?? now.role }
}

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

/** @param {boolean} everywhere also on the person's other devices */
export async function logOut(everywhere) {
  try {
    await api.logOut(everywhere)
    goToLogin(false)
  } catch (error) {
    complain(error)
  }
}

/** The options of a conversation, fetched when somebody wants it. */
export const tuning = () => import("./tuning.js")

/** Roles and prompts of one's own, fetched when somebody wants them. */
export const library = () => import("./library.js")

/** Finding and keeping, fetched when somebody wants it. */
export const shelving = () => import("./shelving.js")

/** What is done with one message, fetched when somebody wants it. */
export const deeds = () => import("./deeds.js")

/** Choosing several conversations, fetched when somebody wants it. */
export const selecting = () => import("./selecting.js")

/** Bringing chats in and taking them out, fetched when somebody wants it. */
export const transfer = () => import("./transfer.js")

/** Links, files and paper, fetched when somebody wants them. */
export const sharing = () => import("./sharing.js")

/** Where all conversations can be downloaded. */
export const exportAddress = () => api.exportAddress().href

/** @param {Conversation} conversation @param {"md" | "json"} format */
export const downloadConversation = async ({ id }, format) => (await transfer()).downloadConversation(id, format)

/** The pages of 2023 kept their chats in the browser. Where there are some, offer to move them. */
export async function lookForAncestors() {
  if (isKept("conversation:")) (await transfer().catch(() => null))?.lookForAncestors()
}

/** Another tab or device may have changed things while this page was not looked at. */
export function startLooking() {
  addEventListener("offline", () => { store.line.value = "offline" })
  addEventListener("online", () => {
    store.line.value = "online"
    void lookAgain()
  })
  document.addEventListener("visibilitychange", () => { if (!document.hidden) void lookAgain() })
  addEventListener("pageshow", ({ persisted }) => { if (persisted) void lookAgain() })
  setInterval(() => {
    const elsewhere = store.conversations.value.items.some(({ id, running }) => running && id !== store.chat.value.id)
    if (elsewhere && !document.hidden) void refreshConversations()
  }, GLANCE)
}
