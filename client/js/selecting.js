/** Many conversations at once: which are chosen, and what is done with all of them; each deed can be taken back with one press. */
import * as api from "./api.js"
import { refreshConversations } from "./asking.js"
import { groupByDay } from "./conversations.js"
import { saveFile } from "./download.js"
import { t } from "./i18n.js"
import { go, route } from "./router.js"
import { complain, toast } from "./say.js"
import * as store from "./store.js"

/** @import { Conversation } from "./conversations.js" */

/** As many as the server takes in one request. */
const PORTION = 500

/** The one chosen last, from which a range goes. */
let last = ""

/** @param {string} [id] chosen at once */
export function begin(id = "") {
  last = id
  store.selected.value = new Set(id ? [id] : [])
}

export function leave() {
  store.selected.value = null
}

/** @param {string} id @param {boolean} range everything from the one chosen last @param {string[]} shown all that are drawn, in their order */
export function choose(id, range, shown) {
  const chosen = new Set(store.selected.value)
  if (range) for (const each of between(last, id, shown)) chosen.add(each)
  else if (!chosen.delete(id)) chosen.add(id)
  last = id
  store.selected.value = chosen
}

/** Also what is not drawn because it is out of sight. @param {string} from @param {string} to @param {string[]} shown */
function between(from, to, shown) {
  const listed = groupByDay(store.conversations.value.items, Date.now()).flatMap(({ items }) => items.map(({ id }) => id))
  const order = listed.includes(from) && listed.includes(to) ? listed : shown
  const [a, b] = [order.indexOf(from), order.indexOf(to)]
  return a < 0 || b < 0 ? [to] : order.slice(Math.min(a, b), Math.max(a, b) + 1)
}

/** What was read of the archive or of a tag, which stand aside from the list, by id. @type {Map<string, Conversation>} */
const aside = new Map()

/** So that it can be put back as it was. @param {Conversation[]} conversations */
export function remember(conversations) {
  for (const conversation of conversations) aside.set(conversation.id, conversation)
}

/** The conversations meant, as they are before they change. @param {string[]} ids @returns {Conversation[]} */
const known = ids => ids.flatMap(id => store.conversations.value.items.find(each => each.id === id) ?? aside.get(id) ?? [])

/** @param {string[]} ids @param {boolean} [archived] */
export function archive(ids, archived = true) {
  return change(ids, { archived }, t(archived ? "many.archived" : "many.unarchived", { count: ids.length }), () => change(ids, { archived: !archived }))
}

/** @param {string[]} ids @param {string} folder "" is none */
export function file(ids, folder) {
  const name = folder.trim()
  /** @type {Map<string, string[]>} */
  const before = new Map()
  for (const { id, folder: old = "" } of known(ids)) before.set(old, [...(before.get(old) ?? []), id])
  const back = async () => { for (const [old, of] of before) await change(of, { folder: old }) }
  return change(ids, { folder: name }, t(name ? "many.filed" : "many.unfiled", { count: ids.length, folder: name }), back)
}

/** @param {string[]} ids @param {string[]} tags */
export async function tag(ids, tags) {
  if (!tags.length) return
  const before = known(ids)
  const back = async () => {
    for (const name of tags) {
      const without = before.filter(each => !each.tags?.includes(name)).map(({ id }) => id)
      if (without.length) await change(without, { remove_tags: [name] })
    }
  }
  await change(ids, { add_tags: tags }, t("many.tagged", { count: ids.length }), back)
}

/** @param {string[]} ids */
export async function remove(ids) {
  const wasShown = route.value.name === "chat" && ids.includes(route.value.id) ? route.value.id : null
  leave()
  try {
    for (const portion of portions(ids)) {
      const { deleted } = await api.deleteMany(portion)
      store.dispatchList({ type: "gone", ids: deleted })
    }
  } catch (error) {
    return complain(error)
  }
  if (wasShown) go(null)
  toast(t("many.deleted", { count: ids.length }), { label: t("toast.undo"), run: () => void restore(ids, wasShown) })
  await refreshConversations()
}

/** @param {string[]} ids @param {string | null} shown */
async function restore(ids, shown) {
  try {
    for (const portion of portions(ids)) store.dispatchList({ type: "kept", ...(await api.restoreMany(portion)) })
    if (shown) go(shown)
    await refreshConversations()
  } catch (error) {
    complain(error)
  }
}

/** @param {string[]} ids */
export async function take(ids) {
  leave()
  try {
    for (const portion of portions(ids)) saveFile(`chats ${new Date().toISOString().slice(0, 10)}.zip`, await api.takeMany(portion))
  } catch (error) {
    complain(error)
  }
}

/**
 * @param {string[]} ids @param {import("./api.js").ManyChanged} wish
 * @param {string} [said] what to tell the person @param {() => Promise<unknown>} [back]
 */
async function change(ids, wish, said = "", back) {
  leave()
  try {
    for (const portion of portions(ids)) store.dispatchList({ type: "kept", ...(await api.changeMany(portion, wish)) })
  } catch (error) {
    return complain(error)
  }
  if (said && back) toast(said, { label: t("toast.undo"), run: () => void back() })
  await refreshConversations()
}

/** @param {string[]} ids */
const portions = ids => Array.from({ length: Math.ceil(ids.length / PORTION) }, (_, at) => ids.slice(at * PORTION, (at + 1) * PORTION))
