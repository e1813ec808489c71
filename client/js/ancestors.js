/**
 * What the pages of 2023 kept in this browser: one entry `conversation:<id>` a conversation. Finds them, hands them over in portions,
 * and takes away exactly those that the server has confirmed. Never anything else: the settings of other pages live here too.
 */

export const PREFIX = "conversation:"
const POSTPONED = "chat.ancestors"
/** Letters a portion, about; a request stays well below what a server takes. */
const PORTION = 500_000

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Kept */
/** @typedef {(conversations: Record<string, unknown>) => Promise<{ stored: string[], conversations: number }>} Send */

/** The names of the conversations that somebody said something in. @param {Kept} storage @returns {string[]} */
export function find(storage) {
  const names = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? "")
  return names.filter(name => name.startsWith(PREFIX) && parse(storage.getItem(name)))
}

/** @param {string | null} entry @returns {object | null} */
function parse(entry) {
  try {
    const value = JSON.parse(entry ?? "null")
    return Array.isArray(value?.items) && value.items.length ? value : null
  } catch {
    return null
  }
}

/**
 * Move them to the server. When it refuses, what it had not confirmed until then is still here.
 * @param {Kept} storage @param {Send} send
 * @returns {Promise<number>} how many conversations are new on the server
 */
export async function move(storage, send) {
  let moved = 0
  for (const names of portions(storage, find(storage))) {
    const entries = new Map(names.map(name => [name, storage.getItem(name)]))
    const { stored, conversations } = await send(Object.fromEntries([...entries].map(([name, entry]) => [name, parse(entry)])))
    moved += conversations
    for (const id of stored) {
      const name = PREFIX + id
      // An old page in another tab may have written on meanwhile: what it wrote has not been sent.
      if (entries.has(name) && storage.getItem(name) === entries.get(name)) storage.removeItem(name)
    }
  }
  return moved
}

/** @param {Kept} storage @param {string[]} names @returns {Generator<string[]>} */
function* portions(storage, names) {
  /** @type {string[]} */
  let portion = []
  let size = 0
  for (const name of names) {
    const length = storage.getItem(name)?.length ?? 0
    if (portion.length && size + length > PORTION) {
      yield portion
      portion = []
      size = 0
    }
    portion.push(name)
    size += length
  }
  if (portion.length) yield portion
}

/** "Not now" is remembered; the settings go on offering. @param {Kept} storage */
export const postpone = storage => storage.setItem(POSTPONED, "later")

/** @param {Kept} storage */
export const isPostponed = storage => storage.getItem(POSTPONED) !== null
