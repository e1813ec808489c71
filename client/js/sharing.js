/** How a conversation leaves the program: links for reading, files, paper. Fetched when somebody wants one of them. */
import { call, exportAddress, part, readConversation } from "./api.js"
import { branch, emptyChat, isRunning, reduce } from "./chat.js"
import { saveAddress, saveText } from "./download.js"
import { loadRest } from "./i18n.js"
import { goToLogin, isLoginNeeded, modelTitle, providerTitle, troubleOf } from "./say.js"
import * as store from "./store.js"

/** @import { Message } from "./chat.js" */
/** @import { Text } from "./components/reading.js" */

/** @typedef {{ id: string, path: string, conversation: string, title: string, leaf: string, reasoning: boolean, created_at: number, expires_at: number | null }} Link */
/** @typedef {{ title: string, at: number, leaf: string | undefined, messages: Message[] }} Branch what is shared; `leaf`: none yet */

/**
 * What is asked of the server, or why not.
 * @template T @param {Promise<T>} asked @returns {Promise<{ found?: T, trouble?: import("./store.js").Trouble }>}
 */
export async function attempt(asked) {
  try {
    return { found: await asked }
  } catch (error) {
    if (isLoginNeeded(error)) goToLogin()
    return { trouble: troubleOf(error) }
  }
}

/** @param {string} id of a conversation @returns {Promise<{ shares: Link[], enabled: boolean }>} */
export const readLinks = id => call("GET", `conversations/${part(id)}/shares`)

/** Of all conversations. @returns {Promise<{ shares: Link[], enabled: boolean }>} */
export const readAllLinks = () => call("GET", "shares")

/** @param {string} id @param {{ leaf: string, expires_in: number | null, reasoning: boolean }} wish @returns {Promise<{ share: Link }>} */
export const makeLink = (id, wish) => call("POST", `conversations/${part(id)}/shares`, wish)

/** From now on it shows nothing. @param {Link} link @returns {Promise<unknown>} */
export const revokeLink = link => call("DELETE", `shares/${part(link.id)}`)

/** As if it had not been revoked. @param {Link} link @returns {Promise<unknown>} */
export const bringLinkBack = ({ id, expires_at }) => call("PATCH", `shares/${part(id)}`, { expires_at })

/** The branch that the page shows, or would show, down to its last finished answer. @param {string} id @returns {Promise<Branch>} */
export async function readBranch(id) {
  let chat = store.chat.value
  let known = store.conversations.value.items.find(conversation => conversation.id === id)
  if (chat.id !== id || !chat.whole || !known) {
    const { conversation, messages } = await readConversation(id)
    known = conversation
    chat = chat.id === id ? reduce(chat, { type: "completed", id, messages }) : reduce(emptyChat(), { type: "opened", id, messages })
  }
  const path = branch(chat).flatMap(step => chat.messages.get(step) ?? [])
  const messages = path.slice(0, path.findLastIndex(message => message.role === "assistant" && !isRunning(message)) + 1)
  return { title: known.title, at: messages[0]?.created_at ?? 0, leaf: messages.at(-1)?.id, messages }
}

/** Have the browser keep it as a file. @param {string} id @param {"md" | "json"} format @param {string} leaf @param {boolean} reasoning */
export function download(id, format, leaf, reasoning) {
  const address = exportAddress(id, format)
  address.searchParams.set("leaf", leaf)
  address.searchParams.set("reasoning", reasoning ? "1" : "0")
  saveAddress(address.href)
}

/** One file with everything in it, which needs no server. @param {Branch} from @param {boolean} reasoning */
export async function downloadPage(from, reasoning) {
  const { fileName, pageOf } = await paper()
  saveText(fileName(from), await pageOf(textOf(from, reasoning)), "text/html")
}

/** @param {Branch} from @param {boolean} reasoning */
export const print = async (from, reasoning) => (await paper()).print(textOf(from, reasoning))

const paper = () => Promise.all([import("./paper.js"), loadRest()]).then(([file]) => file)

/** @param {Branch} from @param {boolean} reasoning @returns {Text} */
function textOf({ title, at, messages }, reasoning) {
  const passages = messages.map(message => ({
    ...message,
    by: [...new Set([modelTitle(message.model, message.provider), providerTitle(message.provider)])].filter(Boolean).join(" · "),
    reasoning: reasoning ? message.reasoning : "",
    edited: Boolean(message.edited_from),
  }))
  return { title, at, passages }
}
