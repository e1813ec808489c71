/** Every request to the server: docs/api.md as functions. Answers with values, raises `ApiError`. */
import { root } from "./root.js"

/** @import { Conversation, Named } from "./conversations.js" */
/** @import { Message } from "./chat.js" */

/** @typedef {{ id: string, title: string, provider: string, context_length: number | null, capabilities: string[],
 *              prices?: { prompt: number, completion: number } | null }} Model prices: dollars for a million tokens */
/** @typedef {"ready" | "needs_key" | "closed" | "unreachable" | "checking"} ProviderState */
/** @typedef {{ id: string, title: string, url: string, local: boolean, state: ProviderState, code: string | null, models: number }} Provider */
/** @typedef {{ providers: Provider[], found: string[] }} Providers */
/** @typedef {{ temperature?: number, top_p?: number, max_tokens?: number, reasoning_effort?: string, context_length?: number }} Options */
/** @typedef {{ id: string, icon: string, title: Record<string, string>, description: Record<string, string>, own?: boolean, model?: string,
 *              provider?: string, options?: Options, variables?: Record<string, string[]>, bytes?: Record<string, number> }} Role bytes: of what it tells the model */
/** @typedef {{ format: string, conversations: number, messages: number, already: number, stored: string[], created: string[], library?: number, library_created?: string[] }} Import stored, created: only once it is */
/** @typedef {{ model?: string, provider?: string, role?: string, options?: Options, compared?: boolean, wish?: Wish }} Choice */
/** @typedef {"shorter" | "longer"} Wish of an answer that is written again */
/** @typedef {{ q: string, order: "newest" | "best", from?: number, model?: string, folder?: string, tag?: string, archived?: 0 | 1, before?: string }} Looked what is looked for */
/** @typedef {{ conversation: string, message_id: string, role: "user" | "assistant", title: string, title_ranges: [number, number][],
 *              snippet: string, ranges: [number, number][], created_at: number, archived: boolean }} Found */
/** @typedef {{ results: Found[], next: string | null }} FoundPage */

/** Asking again is useless. */
export class Refused extends Error {}

/** The server refused, or (status 0) could not be reached. `code` is a key of the locale files under `errors.` */
export class ApiError extends Refused {
  /** @param {string} code @param {number} status @param {Record<string, unknown>} [values] @param {number | null} [retryAfter] seconds */
  constructor(code, status, values = {}, retryAfter = null) {
    super(code)
    this.code = code
    this.status = status
    this.values = values
    this.retryAfter = retryAfter
  }
}

export { root }

const address = (/** @type {string} */ path) => new URL(`backend-api/v2/${path}`, root)
export const part = encodeURIComponent

/** @returns {Promise<{ models: Model[], default: { model: string, provider: string } | null }>} */
export const models = () => call("GET", "models")

/** @returns {Promise<Providers>} */
export const providers = () => call("GET", "providers")

/** Ask every provider again what it has. @returns {Promise<Providers>} */
export const refreshProviders = () => call("POST", "providers/refresh", {})

/** @returns {Promise<{ roles: Role[] }>} */
export const roles = () => call("GET", "roles")

/** @returns {Promise<{ version: string }>} */
export const version = () => call("GET", "version")

/** @typedef {{ archived?: boolean, folder?: string, add_tags?: string[], remove_tags?: string[] }} ManyChanged */

/**
 * A page of the list, of the archive, of a folder, or of what bears a tag.
 * @param {{ before?: string | null, limit?: number, archived?: boolean, deleted?: boolean, folder?: string | null, tag?: string | null }} [page]
 * @returns {Promise<{ conversations: Conversation[], next: string | null, pinned?: Conversation[], titling?: string[], folders?: Named[], tags?: Named[] }>} `titling`: these may be named in a moment
 */
export function listConversations({ before = null, limit = 50, archived = false, deleted = false, folder = null, tag = null } = {}) {
  const narrow = `${archived ? "&archived=1" : ""}${deleted ? "&deleted=1" : ""}${folder === null ? "" : `&folder=${part(folder)}`}${tag === null ? "" : `&tag=${part(tag)}`}`
  return call("GET", `conversations?limit=${limit}${before ? `&before=${part(before)}` : ""}${narrow}`)
}

/** @param {Looked} wanted @param {AbortSignal} [signal] @returns {Promise<FoundPage>} */
export const search = (wanted, signal) => call("GET", `search?${new URLSearchParams(Object.entries(wanted).map(([name, value]) => [name, String(value)]))}`, undefined, signal)

/** @returns {Promise<{ folders: { name: string, count: number }[] }>} */
export const folders = () => call("GET", "folders")

/** @param {string} id @returns {Promise<{ conversation: Conversation, messages: Message[] }>} */
export const readConversation = id => call("GET", `conversations/${part(id)}`)

/** Its last messages, as many as server/pages.py says too; `earlier`: there are more. @param {string} id @returns {Promise<{ conversation: Conversation, messages: Message[], earlier?: boolean }>} */
export const readEnd = id => call("GET", `conversations/${part(id)}?last=20`)

/** @param {string} id @param {string} title @returns {Promise<{ conversation: Conversation }>} */
export const renameConversation = (id, title) => call("PATCH", `conversations/${part(id)}`, { title })

/** @param {string} id @param {Partial<Conversation>} wish @returns {Promise<{ conversation: Conversation }>} */
export const changeConversation = (id, wish) => call("PATCH", `conversations/${part(id)}`, wish)

/** @param {string} id @returns {Promise<{ deleted: boolean }>} */
export const deleteConversation = id => call("DELETE", `conversations/${part(id)}`)

/** @param {string} id @returns {Promise<{ conversation: Conversation }>} */
export const restoreConversation = id => call("POST", `conversations/${part(id)}/restore`, {})

/** @param {string[]} ids @param {ManyChanged} change @returns {Promise<{ conversations: Conversation[] }>} */
export const changeMany = (ids, change) => call("POST", "conversations/batch", { ids, change })

/** @param {string[]} ids @returns {Promise<{ deleted: string[] }>} */
export const deleteMany = ids => call("POST", "conversations/batch", { ids, delete: true })

/** @param {string[]} ids @returns {Promise<{ conversations: Conversation[] }>} */
export const restoreMany = ids => call("POST", "conversations/batch", { ids, restore: true })

/** A ZIP of these conversations. @param {string[]} ids @returns {Promise<Blob>} */
export async function takeMany(ids) {
  const response = await send("POST", "export", "application/zip", { ids }).catch(() => { throw new ApiError("no_connection", 0) })
  if (!response.ok) throw await errorOf(response)
  return response.blob()
}

/** Have a conversation named by its model, which takes a moment. @param {string} id @returns {Promise<{ conversation: Conversation, asking: boolean }>} */
export const askForTitle = id => call("POST", `conversations/${part(id)}/title`, {})

/** @param {string} id @returns {Promise<{ conversation: Conversation, asking: boolean }>} */
export const readTitle = id => call("GET", `conversations/${part(id)}/title`)

/** What a file holds; nothing is stored. @param {BodyInit} file @param {string} type @returns {Promise<Import>} */
export const previewImport = (file, type) => upload("imports/preview", file, type)

/** Store what a file holds. @param {BodyInit} file @param {string} type @returns {Promise<Import>} */
export const bring = (file, type) => upload("imports", file, type)

/** Where a conversation, or all of them, can be downloaded. @param {string} [id] @param {"md" | "json"} [format] */
export const exportAddress = (id, format) => address(id ? `conversations/${part(id)}/export?format=${format}` : "export")

/** @param {string} answer @returns {Promise<{ state: string }>} */
export const stopAnswer = answer => call("POST", `answers/${part(answer)}/stop`, {})

/** @returns {Promise<{ login_required: boolean, signed_in: boolean }>} */
export const session = () => call("GET", "auth/session")

/** @param {string} password */
export const logIn = password => call("POST", "auth/login", { password })

/** @param {boolean} everywhere */
export const logOut = everywhere => call("POST", "auth/logout", { everywhere })

/**
 * Ask a question. The same question id again means the same answer, so a lost line is no reason not to repeat it.
 * @param {{ conversation: string, question: string, text: string, parent: string | null, web: boolean, role_values?: Record<string, string>, told?: { role: string, content: string }[] | null } & Choice} ask
 *   `told`: what a temporary talk said so far; of it nothing is stored
 * @param {AbortSignal} signal
 */
export function ask({ conversation, question, text, parent, web, model, provider, role, options, role_values, wish, told }, signal) {
  return openStream("POST", "conversation", {
    action: "_ask", format: "events", ...(told ? { temporary: true } : { conversation_id: conversation, parent_id: parent }),
    ...defined({ model, provider, role, options, role_values, wish }),
    meta: { id: question, content: { conversation: told ?? [], internet_access: web, content_type: "text", parts: [{ role: "user", content: text }] } },
  }, signal)
}

/** @param {string} answer @param {{ id: string } & Choice} again @param {AbortSignal} signal */
export const regenerate = (answer, again, signal) => openStream("POST", `answers/${part(answer)}/regenerate`, defined(again), signal)

/** Go on with an answer that ended before its time. @param {string} answer @param {{ after: number } & Choice} again @param {AbortSignal} signal */
export const proceed = (answer, again, signal) => openStream("POST", `answers/${part(answer)}/continue`, defined(again), signal)

/** @param {string} answer @param {number} after @param {AbortSignal} signal */
export const answerEvents = (answer, after, signal) => openStream("GET", `answers/${part(answer)}/events?after=${after}`, undefined, signal)

/** @param {Record<string, unknown>} fields */
const defined = fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""))

/** @param {string} method @param {string} path @param {unknown} [body] @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function call(method, path, body, signal) {
  const response = await send(method, path, "application/json", body, signal).catch(() => { throw new ApiError("no_connection", 0) })
  if (!response.ok) throw await errorOf(response)
  return response.status === 204 ? null : response.json()
}

/** A file as it is. @param {string} path @param {BodyInit} body @param {string} type @returns {Promise<any>} */
async function upload(path, body, type) {
  const headers = { accept: "application/json", "content-type": type }
  const response = await fetch(address(path), { method: "POST", headers, body, cache: "no-store", credentials: "same-origin" })
    .catch(() => { throw new ApiError("no_connection", 0) })
  if (!response.ok) throw await errorOf(response)
  return response.json()
}

/**
 * Raises `ApiError` when the server refused for good; anything else (no line, a busy server) may be tried again.
 * @param {string} method @param {string} path @param {unknown} body @param {AbortSignal} signal
 */
async function openStream(method, path, body, signal) {
  const response = await send(method, path, "text/event-stream", body, signal)
  if (response.ok) return response
  const error = await errorOf(response)
  // The next process, the next second or the next free place will answer.
  if (response.status === 503 || error.code === "too_many_readers") throw new Error(error.code)
  throw error
}

/** @param {string} method @param {string} path @param {string} accept @param {unknown} [body] @param {AbortSignal} [signal] */
function send(method, path, accept, body, signal) {
  return fetch(address(path), {
    method, signal, credentials: "same-origin",
    headers: { accept, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
}

/** @param {Response} response */
async function errorOf(response) {
  const { error = {} } = await response.json().catch(() => ({}))
  const retryAfter = Number(response.headers.get("retry-after")) || null
  return new ApiError(error.code ?? "internal", response.status, { ...error.values, seconds: retryAfter ?? "" }, retryAfter)
}
