/** The list of conversations in the sidebar and how it changes. Pure. */

/**
 * @typedef {{ id: string, title: string, model: string | null, provider: string | null, role: string | null,
 *             created_at: number, updated_at: number, revision: number, running: boolean,
 *             pinned?: boolean, archived_at?: number | null, folder?: string, tags?: string[],
 *             options?: import("./api.js").Options, role_values?: Record<string, string> }} Conversation
 */
/** @typedef {{ name: string, count: number }} Named a folder or a tag, and how many conversations outside of the archive it has */
/** @typedef {{ items: Conversation[], next: string | null, loaded: boolean, folders: Named[], tags: Named[] }} Conversations */
/**
 * @typedef {{ type: "listed", items: Conversation[], next: string | null, pinned?: Conversation[], folders?: Named[], tags?: Named[] }
 *   | { type: "continued", items: Conversation[], next: string | null }
 *   | { type: "saved", conversation: Conversation }
 *   | { type: "kept", conversations: Conversation[] }
 *   | { type: "renamed", id: string, title: string }
 *   | { type: "removed", id: string }
 *   | { type: "gone", ids: string[] }
 *   | { type: "ran", id: string, running: boolean }} ListEvent
 */
/** @typedef {"pinned" | "today" | "yesterday" | "week" | "month" | "older"} Period */

const DAY = 86_400_000

/** @returns {Conversations} */
export const emptyList = () => ({ items: [], next: null, loaded: false, folders: [], tags: [] })

/** @param {Conversations} list @param {ListEvent} event @returns {Conversations} */
export function reduce(list, event) {
  switch (event.type) {
    case "listed":
      return refresh(list, event)
    case "continued":
      return { ...list, items: sort(merge(list.items, event.items)), next: event.next }
    case "saved":
      return { ...list, items: keep(list.items, [event.conversation]) }
    case "kept":
      return { ...list, items: keep(list.items, event.conversations) }
    case "renamed":
      return { ...list, items: revise(list.items, event.id, { title: event.title }) }
    case "removed":
      return { ...list, items: list.items.filter(({ id }) => id !== event.id) }
    case "gone":
      return { ...list, items: list.items.filter(({ id }) => !event.ids.includes(id)) }
    case "ran":
      return { ...list, items: revise(list.items, event.id, { running: event.running }) }
  }
}

/**
 * The first page was read again. What it no longer names within its own span was deleted elsewhere;
 * what is older than its span stays as it was, but for what was pinned: of that all is known.
 * @param {Conversations} list @param {Extract<ListEvent, { type: "listed" }>} page @returns {Conversations}
 */
function refresh(list, { items, next, pinned = [], folders = list.folders, tags = list.tags }) {
  const news = merge(pinned, items)
  const fresh = { loaded: true, folders, tags }
  if (!list.loaded || next === null) return { ...fresh, items: sort(news), next }
  const oldest = Math.min(...items.map(item => item.updated_at))
  const older = list.items.filter(item => item.updated_at < oldest && !item.pinned)
  return { ...fresh, items: sort(merge(older, news)), next: older.length ? list.next : next }
}

/** What is archived does not stand in the list. @param {Conversation[]} items @param {Conversation[]} saved */
const keep = (items, saved) => sort(merge(items, saved).filter(item => !item.archived_at))

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

/**
 * What is pinned stands above all days, what is in a folder in none of them.
 * @param {Conversation[]} items newest first @param {number} now milliseconds
 * @returns {{ period: Period, items: Conversation[] }[]} without empty groups
 */
export function groupByDay(items, now) {
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  /** @type {Map<Period, Conversation[]>} */
  const groups = new Map()
  for (const item of [...items.filter(({ pinned }) => pinned), ...items.filter(({ pinned, folder }) => !pinned && !folder)]) {
    const period = item.pinned ? "pinned" : periodOf(item.updated_at * 1000, midnight)
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
