/** How full a model's memory of a conversation is. The same estimate as server/generation/prompt.py makes. Pure. */

/** @import { Message } from "./chat.js" */

const BYTES_PER_TOKEN = 4
const OVERHEAD = 6
/** Part of the memory that is left for the answer, unless its length is set. */
const ANSWER_SHARE = 0.25

const encoder = new TextEncoder()
/** @type {WeakMap<object, number>} */
const counted = new WeakMap()

/** Of a message of so many bytes. @param {number} bytes */
const tokensIn = bytes => Math.floor(bytes / BYTES_PER_TOKEN) + OVERHEAD

/** @param {string} text */
export const tokens = text => tokensIn(encoder.encode(text).length)

/** @param {Message} message */
function tokensOf(message) {
  let known = counted.get(message)
  if (known === undefined) counted.set(message, (known = message.text.trim() ? tokens(message.text) : 0))
  return known
}

/**
 * @param {Message[]} path the shown branch @param {string} draft what is being written
 * @param {number} size of the memory, in tokens @param {{ answer?: number, role?: number }} [taken] the most an answer may take; bytes of the role's text
 * @returns {{ share: number, dropped: number }} share of what questions and answers may take; messages that no longer fit
 */
export function fullness(path, draft, size, { answer = Math.floor(size * ANSWER_SHARE), role = 0 } = {}) {
  const told = role ? tokensIn(role) : 0
  const room = Math.max(1, size - answer - told)
  const next = draft.trim() ? tokens(draft) : 0
  const dropped = droppedOf(path, room - next)
  const last = path.findLastIndex(({ usage }) => usage?.prompt_tokens)
  const exact = last < 0 ? 0 : Math.max(0, Number(path[last].usage?.prompt_tokens) + Number(path[last].usage?.completion_tokens) - told)
  const used = exact + path.slice(last + 1).reduce((sum, message) => sum + tokensOf(message), 0) + next
  return { share: dropped ? Math.max(1, used / room) : used / room, dropped }
}

/** From the end as many as fit, and the first of them is a question. @param {Message[]} path @param {number} room */
function droppedOf(path, room) {
  let first = path.length
  while (first > 0 && (room -= tokensOf(path[first - 1])) >= 0) first -= 1
  while (first > 0 && first < path.length && path[first].role === "assistant") first += 1
  return path.slice(0, first).filter(message => message.text.trim()).length
}
