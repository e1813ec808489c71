/**
 * The open conversation: its messages as a tree, and how every event changes it. Pure: no network, no clock, no page.
 *
 * Messages are replaced, never edited in place, so that "is it the same object" says whether it must be drawn again.
 * Field names are those of docs/api.md; the few that only the page knows are marked.
 */

/** @typedef {"queued" | "running" | "complete" | "stopped" | "failed" | "interrupted"} State */
/** @typedef {{ url: string, title: string }} Citation */
/** @typedef {{ at: number, from: string, to: string, code: string }} Seam */
/** @typedef {{ prompt_tokens: number, completion_tokens: number, reasoning_tokens: number, seconds: number | null }} Usage */
/** @typedef {{ index: number, id: string, name: string, arguments: string }} ToolCall */
/** @typedef {{ phase: string, fraction: number | null, detail: string }} Progress */
/**
 * @typedef {object} Message
 * @property {string} id
 * @property {string | null} parent_id
 * @property {"user" | "assistant"} role
 * @property {string} text
 * @property {number} [created_at] seconds
 * @property {string} [reasoning]
 * @property {State} [state]
 * @property {string | null} [code]
 * @property {string | null} [reason]
 * @property {string} [provider]
 * @property {string} [model]
 * @property {Citation[]} [citations]
 * @property {ToolCall[]} [tool_calls]
 * @property {Seam[]} [seams]
 * @property {Usage | null} [usage]
 * @property {number | null} [finished_at]
 * @property {number} [seq] number of the last event that is already in here
 * @property {boolean} [pinned]
 * @property {string} [edited_from] the answer that a person rewrote into this one
 * @property {string} [compared] the answer beside which other models were asked
 * @property {boolean} [kept] of the compared ones, the one to go on with
 * @property {string} [key] page only: stays the same when the server gives a pending answer its id
 * @property {Progress | null} [progress] page only: what is under way before the first word
 * @property {{ from: number, to: number | null }} [thinking] page only: when the reasoning was seen, milliseconds
 */
/** @typedef {{ type: string, [field: string]: any }} WireEvent one event of docs/api.md */
/** @typedef {{ seq: number, event: WireEvent }} Numbered */
/**
 * @typedef {object} Chat
 * @property {string | null} id
 * @property {Map<string, Message>} messages by id
 * @property {string[]} order ids, oldest first
 * @property {Record<string, string>} chosen the child to show, by parent id ("" is the beginning)
 * @property {string[]} pinned ids of the pinned messages, oldest first
 * @property {boolean} whole false while its earlier messages are on their way
 * @property {Record<string, boolean>} spread whether the compared answers to a question stand side by side, where a person decided
 */
/**
 * @typedef {{ type: "opened", id: string, messages: Message[], earlier?: boolean }
 *   | { type: "completed", id: string, messages: Message[] }
 *   | { type: "left" }
 *   | { type: "asked", conversation: string, question: Message, answer: Message, beside?: Message[] }
 *   | { type: "regenerated", answer: Message }
 *   | { type: "put", message: Message }
 *   | { type: "refused", question: string | null, answer: string }
 *   | { type: "streamed", answer: string, events: Numbered[], at?: number }
 *   | { type: "chosen", message: string }
 *   | { type: "spread", question: string, open: boolean }} ChatEvent
 */

/** @type {ReadonlySet<string>} */
const RUNNING = new Set(["queued", "running"])

/** @param {Message | undefined} message */
export const isRunning = message => message?.role === "assistant" && RUNNING.has(message.state ?? "")

/** @returns {Chat} */
export const emptyChat = () => ({ id: null, messages: new Map(), order: [], whole: true, chosen: {}, spread: {}, pinned: [] })

/** @param {string} id @param {string | null} parent @param {Partial<Message>} [more] @returns {Message} */
export function emptyAnswer(id, parent, more = {}) {
  return {
    id, parent_id: parent, role: "assistant", text: "", reasoning: "", state: "queued", code: null, reason: null,
    provider: "", model: "", citations: [], tool_calls: [], seams: [], usage: null, finished_at: null, seq: 0, key: id, ...more,
  }
}

/** @param {Chat} chat @param {ChatEvent} event @returns {Chat} */
export function reduce(chat, event) {
  switch (event.type) {
    case "opened":
      return open(chat, event)
    case "completed":
      return complete(chat, event)
    case "left":
      return emptyChat()
    case "asked":
      return ask(chat.id === event.conversation ? chat : { ...emptyChat(), id: event.conversation }, event)
    case "regenerated":
      return add(chat, event.answer)
    case "put":
      return put(chat, event.message)
    case "refused":
      return remove(chat, event.question, event.answer)
    case "streamed":
      return stream(chat, event)
    case "chosen":
      return choose(chat, event.message)
    case "spread":
      return { ...chat, spread: { ...chat.spread, [event.question]: event.open } }
  }
}

/**
 * One event of an answer, folded into it. Events that are already in it, or come after its end, change nothing:
 * a stream may be read again from any point. Only a seam goes on after an end: somebody continues the answer.
 * @param {Message} answer @param {number} seq @param {WireEvent} event @param {number} [at] milliseconds, when it was seen
 * @returns {Message}
 */
export function fold(answer, seq, event, at) {
  if (seq <= (answer.seq ?? 0)) return answer
  if (answer.seq && !isRunning(answer) && event.type !== "seam") return answer
  return { ...answer, ...change(answer, event, at), seq }
}

/** @param {Message} answer @param {WireEvent} event @param {number} [at] @returns {Partial<Message>} */
function change(answer, event, at) {
  switch (event.type) {
    case "started":
      return { id: event.answer, parent_id: event.question, state: "running", ...(at === undefined || answer.created_at ? {} : { created_at: at / 1000 }) }
    case "provider":
      return { provider: event.provider, model: event.model, state: "running" }
    case "progress":
      return { progress: { phase: event.phase, fraction: event.fraction ?? null, detail: event.detail ?? "" } }
    case "reasoning":
      return { reasoning: answer.reasoning + event.text, progress: null, ...beginThinking(answer, at) }
    case "text":
      return { text: answer.text + event.text, progress: null, ...endThinking(answer, at) }
    case "tool_call":
      return { tool_calls: collectCall(answer.tool_calls ?? [], event) }
    case "citation":
      return { citations: [...(answer.citations ?? []), { url: event.url, title: event.title }] }
    case "usage":
      return { usage: { prompt_tokens: event.prompt_tokens, completion_tokens: event.completion_tokens,
                        reasoning_tokens: event.reasoning_tokens, seconds: event.seconds ?? null } }
    case "seam":
      return { state: "running", code: null, reason: null, finished_at: null,
               seams: [...(answer.seams ?? []), { at: countCodePoints(answer.text), from: event.from, to: event.to, code: event.code }] }
    case "finished":
      return { state: event.state, reason: event.reason ?? null, progress: null, ...endThinking(answer, at) }
    case "failed":
      return { state: event.state, code: event.code, progress: null, ...endThinking(answer, at) }
    case "snapshot":
      return event.message
    default:
      return {}
  }
}

/** @param {Message} answer @param {number | undefined} at @returns {Partial<Message>} */
const beginThinking = (answer, at) => (at === undefined || answer.thinking ? {} : { thinking: { from: at, to: null } })

/** @param {Message} answer @param {number | undefined} at @returns {Partial<Message>} */
const endThinking = ({ thinking }, at) => (at === undefined || !thinking || thinking.to !== null ? {} : { thinking: { ...thinking, to: at } })

/** A call arrives in pieces: its name at first, its arguments letter by letter. @param {ToolCall[]} calls @param {WireEvent} piece */
function collectCall(calls, piece) {
  const known = calls.find(call => call.index === piece.index)
  const empty = { index: piece.index, id: "", name: "", arguments: "" }
  const { id, name, arguments: before } = known ?? empty
  const call = { index: piece.index, id: piece.id || id, name: piece.name || name, arguments: before + (piece.arguments ?? "") }
  return known ? calls.map(other => (other === known ? call : other)) : [...calls, call]
}

/** Where the seams of an answer lie in UTF-16 units; they do not move while its text grows. @type {WeakMap<Seam[], number[]>} */
const cutsOf = new WeakMap()

/** Python counts code points, JavaScript UTF-16 units; the wire speaks Python here. @param {string} text */
function countCodePoints(text) {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** Whether an answer that ended can be gone on with. @param {Message} answer */
export const canProceed = ({ state, reason, text }) =>
  Boolean(text) && (state === "interrupted" || state === "stopped" || (state === "complete" && reason === "length"))

/**
 * The answer's text cut at its seams: n seams make n + 1 pieces.
 * @param {Message} answer @returns {string[]}
 */
export function piecesBetweenSeams({ text, seams }) {
  if (!seams?.length) return [text]
  let cuts = cutsOf.get(seams)
  if (!cuts) cutsOf.set(seams, (cuts = seams.map(seam => unitsOf(text, seam.at))))
  const ends = [...cuts, text.length]
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end))
}

/** So many UTF-16 units do so many code points take. @param {string} text @param {number} count */
function unitsOf(text, count) {
  let units = 0
  for (const letter of text) {
    if (count-- <= 0) break
    units += letter.length
  }
  return units
}

/** @param {Chat} chat @param {{ id: string, messages: Message[], earlier?: boolean }} event @returns {Chat} */
function open(chat, { id, messages, earlier = false }) {
  const known = chat.id === id ? chat : emptyChat()
  // What the page saw itself (how long the reasoning took, which version is shown) outlives a second reading.
  const kept = messages.map(message => {
    const before = known.messages.get(message.id)
    return before && (before.seq ?? 0) > (message.seq ?? 0) ? before : { ...pageFields(before), ...message }
  })
  return { ...known, id, ...listed(kept), whole: !earlier }
}

/** Its end is here; all of it has come now. What is known and what was asked meanwhile stays as it is. @param {Chat} chat @param {{ id: string, messages: Message[] }} event @returns {Chat} */
function complete(chat, { id, messages }) {
  if (chat.id !== id || chat.whole) return chat
  const known = chat.order.flatMap(each => chat.messages.get(each) ?? [])
  const first = messages.findIndex(message => chat.messages.has(message.id))
  return { ...chat, ...listed([...messages.slice(0, first < 0 ? undefined : first), ...known]), whole: true }
}

/** @param {Message[]} messages oldest first */
const listed = messages => ({ messages: new Map(messages.map(message => [message.id, message])), order: messages.map(({ id }) => id), pinned: pinnedOf(messages) })

/** Of several answers asked for together the first is looked at. @param {Chat} chat @param {{ question: Message, answer: Message, beside?: Message[] }} event */
const ask = (chat, { question, answer, beside = [] }) => choose(add(chat, question, answer, ...beside), answer.id)

/** A message as the server has it now: a new one is shown, a known one keeps what only the page knows. @param {Chat} chat @param {Message} message */
function put(chat, message) {
  const before = chat.messages.get(message.id)
  if (!before) return add(chat, message)
  const messages = new Map(chat.messages).set(message.id, { ...pageFields(before), ...message })
  return { ...chat, messages, pinned: before.pinned === message.pinned ? chat.pinned : pinnedOf([...messages.values()]) }
}

/** @param {Message[]} messages */
const pinnedOf = messages => messages.filter(({ pinned }) => pinned).map(({ id }) => id)

/** @param {Message | undefined} message @returns {Partial<Message>} */
function pageFields(message) {
  return message ? { key: message.key, thinking: message.thinking } : {}
}

/** @param {Chat} chat @param {...Message} added @returns {Chat} */
function add(chat, ...added) {
  const messages = new Map(chat.messages)
  const chosen = { ...chat.chosen }
  for (const message of added) {
    messages.set(message.id, message)
    chosen[message.parent_id ?? ""] = message.id
  }
  return { ...chat, messages, chosen, order: [...chat.order, ...added.map(({ id }) => id)] }
}

/** @param {Chat} chat @param {...(string | null)} gone @returns {Chat} */
function remove(chat, ...gone) {
  const messages = new Map(chat.messages)
  for (const id of gone) if (id) messages.delete(id)
  const chosen = Object.fromEntries(Object.entries(chat.chosen).filter(([, child]) => messages.has(child)))
  const order = chat.order.filter(id => messages.has(id))
  return { ...chat, id: order.length ? chat.id : null, messages, chosen, order }
}

/** @param {Chat} chat @param {{ answer: string, events: Numbered[], at?: number }} event @returns {Chat} */
function stream(chat, { answer: id, events, at }) {
  const before = chat.messages.get(id)
  if (!before) return chat
  const after = events.reduce((answer, { seq, event }) => fold(answer, seq, event, at), before)
  if (after === before) return chat
  const messages = new Map(chat.messages)
  messages.set(after.id, after)
  return after.id === id ? { ...chat, messages } : rename({ ...chat, messages }, id, after)
}

/** The server has given a pending answer its id. @param {Chat} chat @param {string} old @param {Message} answer @returns {Chat} */
function rename(chat, old, answer) {
  chat.messages.delete(old)
  for (const [id, beside] of chat.messages) if (beside.compared === old) chat.messages.set(id, { ...beside, compared: answer.id })
  const parent = answer.parent_id ?? ""
  const chosen = chat.chosen[parent] === old ? { ...chat.chosen, [parent]: answer.id } : chat.chosen
  return { ...chat, chosen, order: chat.order.map(id => (id === old ? answer.id : id)) }
}

/** @param {Chat} chat @param {string} id @returns {Chat} */
function choose(chat, id) {
  const message = chat.messages.get(id)
  return message ? { ...chat, chosen: { ...chat.chosen, [message.parent_id ?? ""]: id } } : chat
}

/**
 * Children of every message, in order of creation.
 * @param {Chat} chat @returns {Map<string, string[]>}
 */
export function childrenOf(chat) {
  /** @type {Map<string, string[]>} */
  const children = new Map()
  for (const id of chat.order) {
    const parent = followed(chat, id)
    const known = children.get(parent)
    if (known) known.push(id)
    else children.set(parent, [id])
  }
  return children
}

/** What a message follows: "" is the beginning, or as much of it as is here. @param {Chat} chat @param {string} id */
function followed({ messages, whole }, id) {
  const parent = messages.get(id)?.parent_id ?? ""
  return whole || messages.has(parent) ? parent : ""
}

/**
 * The branch that is shown, from the first message to the last: at each fork the chosen child, else the one that leads to the newest
 * message; of answers that nothing follows yet, the kept one.
 * @param {Chat} chat @param {Map<string, string[]>} [children] @returns {string[]}
 */
export function branch(chat, children = childrenOf(chat)) {
  const path = []
  /** @type {Map<string, number> | undefined} */
  let newest
  for (let at = ""; ;) {
    const options = children.get(at)
    if (!options) return path
    const chosen = chat.chosen[at]
    if (options.length === 1) at = options[0]
    else if (chosen && options.includes(chosen)) at = chosen
    else at = keptOf(chat, options, children) ?? newestOf(options, (newest ??= newestBelow(chat)))
    path.push(at)
  }
}

/** @param {Chat} chat @param {string[]} options @param {Map<string, string[]>} children */
const keptOf = (chat, options, children) => options.some(id => children.has(id)) ? undefined : options.find(id => chat.messages.get(id)?.kept)

/** @param {string[]} options @param {Map<string, number>} newest */
const newestOf = (options, newest) => options.reduce((best, id) => (newest.get(id) ?? 0) > (newest.get(best) ?? 0) ? id : best)

/** Of every message, the place of the newest one that follows it or is it. Whatever follows comes later. @param {Chat} chat */
function newestBelow({ order, messages }) {
  /** @type {Map<string, number>} */
  const newest = new Map()
  for (let at = order.length - 1; at >= 0; at -= 1) {
    const own = newest.get(order[at]) ?? at
    newest.set(order[at], own)
    const parent = messages.get(order[at])?.parent_id
    if (parent) newest.set(parent, Math.max(newest.get(parent) ?? 0, own))
  }
  return newest
}

/**
 * The answers that stand side by side in a branch, by the id of the one that belongs to it: those that were asked for together, until
 * one of them is kept or gone on with. A person may decide otherwise.
 * @param {Chat} chat @param {string[]} path @param {Map<string, string[]>} children @returns {Map<string, string[]>}
 */
export function columnsOf(chat, path, children) {
  /** @type {Map<string, string[]>} */
  const columns = new Map()
  path.forEach((id, at) => {
    const together = comparedWith(chat, id, children)
    if (together.length < 2) return
    const isOpen = !together.some(other => children.has(other) || chat.messages.get(other)?.kept)
    if (chat.spread[path[at - 1]] ?? isOpen) columns.set(id, together)
  })
  return columns
}

/** The answers that were asked for together with this one. @param {Chat} chat @param {string} id @param {Map<string, string[]>} children @returns {string[]} */
export function comparedWith({ messages }, id, children) {
  const message = messages.get(id)
  const siblings = message?.role === "assistant" ? children.get(message.parent_id ?? "") ?? [] : []
  if (siblings.length < 2) return []
  const group = message?.compared || id
  const together = siblings.filter(other => other === group || messages.get(other)?.compared === group)
  // One that failed and was asked again stands there once.
  const model = (/** @type {string} */ other) => `${messages.get(other)?.provider} ${messages.get(other)?.model}`
  return together.filter((other, at) => messages.get(other)?.state !== "failed" || !together.slice(at + 1).some(later => model(later) === model(other)))
}

/** The last message of the shown branch. @param {Chat} chat @returns {Message | undefined} */
export const lastMessage = chat => chat.messages.get(branch(chat).at(-1) ?? "")

/** The answer that is being written in the shown branch, if any. @param {Chat} chat @returns {Message | undefined} */
export function runningAnswer(chat) {
  const last = lastMessage(chat)
  return isRunning(last) ? last : undefined
}

/** Tokens a second, where the provider has counted both. @param {Usage | null | undefined} usage @returns {number | null} */
export function speed(usage) {
  return usage?.seconds && usage.completion_tokens ? usage.completion_tokens / usage.seconds : null
}

/**
 * What an answer has cost, by today's prices, in dollars.
 * @param {Usage | null | undefined} usage @param {{ prompt: number, completion: number } | null} [prices] dollars for a million tokens
 */
export const cost = (usage, prices) => usage && prices ? (usage.prompt_tokens * prices.prompt + usage.completion_tokens * prices.completion) / 1e6 : 0
