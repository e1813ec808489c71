/** What a person does with one message: rewrites an answer, goes on from it elsewhere, pins it, keeps it of several. */
import { call, part } from "./api.js"
import { chooseModel } from "./actions.js"
import { newId, refreshConversations, stopAnswer, writeBeside } from "./asking.js"
import { comparedWith, emptyAnswer, isRunning } from "./chat.js"
import { t } from "./i18n.js"
import { go } from "./router.js"
import { complain, toast } from "./say.js"
import * as store from "./store.js"

/** @import { Message } from "./chat.js" */

export { quoteSelection } from "./quoting.js"
export { stopAnswer }

/** Ids of wishes that are not known to be fulfilled: a repeated wish is the same one. @type {Map<string, string>} */
const wished = new Map()

/** @template T @param {string} wish @param {(id: string) => Promise<T>} fulfil @returns {Promise<T>} */
async function once(wish, fulfil) {
  const id = wished.get(wish) ?? newId()
  wished.set(wish, id)
  const done = await fulfil(id)
  wished.delete(wish)
  return done
}

/** @param {Message} message @param {string} text */
export async function rewrite(message, text) {
  if (!text.trim()) return
  if (text !== message.text) {
    try {
      const path = `answers/${part(message.id)}/edit`
      store.dispatch({ type: "put", ...await once(`${message.id} ${text}`, id => call("POST", path, { id, text })) })
    } catch (error) {
      return complain(error)
    }
  }
  store.editing.value = ""
}

/** @param {Message} message */
export async function fork(message) {
  const from = store.chat.value.id
  if (!from) return
  try {
    const path = `conversations/${part(from)}/fork`
    const { conversation } = await once(`fork ${message.id}`, id => call("POST", path, { id, message: message.id }))
    store.dispatchList({ type: "saved", conversation })
    go(conversation.id)
    toast(t("toast.forked"), { label: t("toast.back"), run: () => go(from) })
    void refreshConversations()
  } catch (error) {
    complain(error)
  }
}

/** @param {Message} message @param {boolean} pinned */
export const pin = (message, pinned) => mark(message, { pinned })

/** Go on with one of the compared answers; the others stay as its versions. @param {Message} message */
export async function keep(message) {
  const { chat, family } = store
  for (const id of comparedWith(chat.value, message.id, family.value)) {
    if (id !== message.id && isRunning(chat.value.messages.get(id))) void stopAnswer(id)
  }
  chooseModel(message.model ?? "", message.provider ?? "")
  spread(message, false)
  // The button that was pressed is gone; what comes next is the next question.
  if (!matchMedia("(pointer: coarse)").matches) document.getElementById("composer")?.focus()
  await mark(message, { kept: true })
}

/** See the compared answers side by side again, or one of them. @param {Message} message @param {boolean} open */
export function spread(message, open) {
  store.dispatch({ type: "chosen", message: message.id })
  store.dispatch({ type: "spread", question: message.parent_id ?? "", open })
}

/** Ask the model of a failed column again; another answer takes its place. @param {Message} message */
export function compareAgain(message) {
  const { id: conversation } = store.chat.value
  if (!conversation) return
  const first = message.compared || message.id
  const { model = "", provider = "", parent_id: question } = message
  const again = emptyAnswer(newId(), question, { model, provider, compared: first })
  const shown = store.path.value.find(id => store.chat.value.messages.get(id)?.parent_id === question)
  store.dispatch({ type: "put", message: again })
  if (shown) store.dispatch({ type: "chosen", message: shown })
  return writeBeside(conversation, first, again)
}

/** @param {Message} message @param {{ pinned?: boolean, kept?: boolean }} wish */
async function mark(message, wish) {
  try {
    const marked = await call("PATCH", `messages/${part(message.id)}`, wish)
    const now = store.chat.value.messages.get(message.id)
    // What it says may have grown meanwhile: only the marks are news.
    if (now) store.dispatch({ type: "put", message: { ...now, pinned: marked.message.pinned, kept: marked.message.kept } })
  } catch (error) {
    complain(error)
  }
}
