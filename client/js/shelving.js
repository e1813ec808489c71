/** Finding and keeping: what is asked of the search, and how a conversation is pinned, tagged, archived and named. */
import * as api from "./api.js"
import { renameConversation } from "./actions.js"
import { refreshConversations } from "./asking.js"
import { t } from "./i18n.js"
import { parse } from "./router.js"
import { complain, goToLogin, isLoginNeeded, toast, troubleOf } from "./say.js"
import { file, remember } from "./selecting.js"
import * as store from "./store.js"

/** @import { Conversation } from "./conversations.js" */
/** @import { FoundPage, Looked } from "./api.js" */

/**
 * One page of results, or the code of what went wrong.
 * @param {Looked} wanted @param {AbortSignal} [signal] @returns {Promise<{ found?: FoundPage, code?: string }>}
 */
export async function search(wanted, signal) {
  try {
    return { found: await api.search(wanted, signal) }
  } catch (error) {
    if (isLoginNeeded(error)) goToLogin()
    return { code: troubleOf(error).code }
  }
}

/** @param {Conversation} conversation @param {boolean} pinned */
export const pin = (conversation, pinned) => change(conversation, { pinned })

/** @param {Conversation} conversation @param {string[]} tags */
export async function setTags(conversation, tags) {
  if (await change(conversation, { tags })) await refreshConversations()
}

/** @param {Conversation} conversation @param {boolean} archived */
export async function archive(conversation, archived) {
  if (!(await change(conversation, { archived }))) return
  void refreshConversations()
  if (archived) toast(t("toast.archived", { title: conversation.title }), { label: t("toast.undo"), run: () => void change(conversation, { archived: false }) })
}

/** @param {Conversation} conversation @param {{ pinned?: boolean, archived?: boolean, tags?: string[] }} wish */
async function change({ id }, wish) {
  try {
    store.dispatchList({ type: "saved", ...(await api.changeConversation(id, wish)) })
    return true
  } catch (error) {
    complain(error)
    return false
  }
}

/** How often one looks for the title that was asked for, milliseconds, and how many times. */
const LOOK = 1_000
const LOOKS = 150

/** Ask the model of a conversation for a title, and show it when it comes. @param {Conversation} conversation */
export async function nameByModel({ id, title, revision }) {
  try {
    let found = await api.askForTitle(id)
    for (let look = 0; found.asking && look < LOOKS; look += 1) {
      await new Promise(resolve => setTimeout(resolve, LOOK))
      found = await api.readTitle(id)
    }
    store.dispatchList({ type: "saved", conversation: found.conversation })
    const { conversation } = found
    if (conversation.title === title && conversation.revision === revision) toast(t("titles.none"))
    else toast(t("titles.given", { title: conversation.title }), { label: t("toast.undo"), run: () => void renameConversation(conversation, title) })
  } catch (error) {
    complain(error)
  }
}

/** The next conversations of a folder join the list. @param {string} folder @param {string | null} before @returns {Promise<string | null>} where the following ones begin */
export async function readFolder(folder, before) {
  try {
    const { conversations, next } = await api.listConversations({ before, folder })
    store.dispatchList({ type: "kept", conversations })
    return next
  } catch (error) {
    complain(error)
    return null
  }
}

/** What stands in the archive, or bears a tag. @param {string | null} tag null: the archive @param {string | null} [before] */
export async function readShelf(tag, before = null) {
  try {
    const { conversations, next } = await api.listConversations({ before, tag, archived: tag === null })
    remember(conversations)
    return { items: conversations, next }
  } catch (error) {
    complain(error)
    return null
  }
}

/** What was deleted and is not gone yet. @param {string | null} [before] */
export async function readDeleted(before = null) {
  try {
    const { conversations, next } = await api.listConversations({ before, deleted: true })
    return { items: conversations, next }
  } catch (error) {
    complain(error)
    return null
  }
}

/** @param {Conversation} conversation */
export async function bringBack({ id }) {
  try {
    store.dispatchList({ type: "saved", ...(await api.restoreConversation(id)) })
    await refreshConversations()
  } catch (error) {
    complain(error)
  }
}

/** A conversation's link was let go on a folder. @param {string} address @param {string} folder "" is none */
export async function drop(address, folder) {
  const at = URL.canParse(address) ? parse(new URL(address).pathname, api.root.pathname) : null
  const dropped = at?.name === "chat" ? store.conversations.value.items.find(({ id }) => id === at.id) : undefined
  if (dropped && (dropped.folder ?? "") !== folder) await file([dropped.id], folder)
}
