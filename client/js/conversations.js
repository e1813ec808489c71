/** The list of conversations in the sidebar and how it changes. Pure. */

/**
 * @typedef {{ id: string, title: string, model: string | null, provider: string | null, role: string | null,
 *             created_at: number, updated_at: number, revision: number, running: boolean }} Conversation
 */
/** @typedef {{ items: Conversation[], next: string | null, loaded: boolean }} Conversations */
/**
 * @typedef {{ type: "listed", items: Conversation[], next: string | null }
 *   | { type: "continued", items: Conversation[], next: string | null }
 *   | { type: "saved", conversation: Conversation }
 *   | { type: "renamed", id: string, title: string }
 *   | { type: "removed", id: string }
 *   | { type: "ran", id: string, running: boolean }} ListEvent
 */
/** @typedef {"today" | "yesterday" | "week" | "month" | "older"} Period */

const DAY = 86_400_000

/** @returns {Conversations} */
export const emptyList = () => ({ items: [], next: null, loaded: false })

/** @param {Conversations} list @param {ListEvent} event @returns {Conversations} */
export function reduce(list, event) {
  switch (event.type) {
    case "listed":
      return refresh(list, event)
    case "continued":
      return { ...list, items: sort(merge(list.items, event.items)), next: event.next }
    case "saved":
      return { ...list, items: sort(merge(list.items, [event.conversation])) }
    case "renamed":
      return { ...list, items: revise(list.items, event.id, { title: event.title }) }
    case "removed":
      return { ...list, items: list.items.filter(({ id }) => id !== event.id) }
    case "ran":
      return { ...list, items: revise(list.items, event.id, { running: event.running }) }
  }
}

/**
 * The first page was read again. What it no longer names within its own span was deleted elsewhere;
 * what is older than its span stays as it was.
 * @param {Conversations} list @param {{ items: Conversation[], next: string | null }} page @returns {Conversations}
 */
function refresh(list, page) {
  if (!list.loaded || page.next === null) return { items: sort(page.items), next: page.next, loaded: true }
  const oldest = Math.min(...page.items.map(item => item.updated_at))
  const older = list.items.filter(item => item.updated_at < oldest)
  return { items: sort(merge(older, page.items)), next: older.length ? list.next : page.next, loaded: true }
}

/** @param {Conversation[]} known @param {Conversation[]} news */
function merge(known, news) {
  const byId = new Map(known.map(item => [item.id, item]))
  for (const item of news) byId.set(item.id, item)
  return [...byId.values()]
}

/** @param {Conversation[]} items */
const sort = items => [...items].sort((a, b) => b.updated_at - a.updated_at)

/** @param {Conversation[]} items @param {string} id @param {Partial<Conversation>} change */
const revise = (items, id, change) => items.map(item => (item.id === id ? { ...item, ...change } : item))

/** Case and ё do not matter when one looks for something. @param {string} text */
const plain = text => text.toLocaleLowerCase().replaceAll("ё", "е")

/** @param {Conversation[]} items @param {string} query words, all of which must occur in the title */
export function filterByTitle(items, query) {
  const words = plain(query).split(/\s+/).filter(Boolean)
  return words.length ? items.filter(({ title }) => words.every(word => plain(title).includes(word))) : items
}

/**
 * @param {Conversation[]} items newest first @param {number} now milliseconds
 * @returns {{ period: Period, items: Conversation[] }[]} without empty groups
 */
export function groupByDay(items, now) {
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  /** @type {Map<Period, Conversation[]>} */
  const groups = new Map()
  for (const item of items) {
    const period = periodOf(item.updated_at * 1000, midnight)
    const group = groups.get(period)
    if (group) group.push(item)
    else groups.set(period, [item])
  }
  return Array.from(groups, ([period, group]) => ({ period, items: group }))
}

/** @param {number} time @param {number} midnight @returns {Period} */
function periodOf(time, midnight) {
  if (time >= midnight) return "today"
  if (time >= midnight - DAY) return "yesterday"
  if (time >= midnight - 7 * DAY) return "week"
  if (time >= midnight - 30 * DAY) return "month"
  return "older"
}
