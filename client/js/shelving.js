/** Finding and keeping: what is asked of the search, and how a conversation is pinned, archived and put into a folder. */
import * as api from "./api.js"
import { t } from "./i18n.js"
import { complain, goToLogin, isLoginNeeded, toast, troubleOf } from "./say.js"
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

/** @param {Conversation} conversation @param {string} folder "" takes it out */
export const putIntoFolder = (conversation, folder) => change(conversation, { folder })

/** @param {Conversation} conversation @param {boolean} archived */
export async function archive(conversation, archived) {
  if (!(await change(conversation, { archived }))) return
  if (archived) toast(t("toast.archived", { title: conversation.title }), { label: t("toast.undo"), run: () => void change(conversation, { archived: false }) })
}

/** @param {Conversation} conversation @param {{ pinned?: boolean, archived?: boolean, folder?: string }} wish */
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
    if (found.conversation.title === title && found.conversation.revision === revision) toast(t("titles.none"))
  } catch (error) {
    complain(error)
  }
}

/** @returns {Promise<{ name: string, count: number }[]>} none when the server does not say */
export const readFolders = () => api.folders().then(({ folders }) => folders, () => [])

/** The folders there are and what stands in one of them. @param {string | null} folder null: the archive @param {string | null} [before] */
export async function readShelf(folder, before = null) {
  try {
    const [{ conversations, next }, folders] = await Promise.all([api.listConversations({ before, folder, archived: folder === null }), readFolders()])
    return { items: conversations, next, folders }
  } catch (error) {
    complain(error)
    return null
  }
}
