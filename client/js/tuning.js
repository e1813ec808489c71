/** How the answers of the open conversation are asked for: what is set, what that differs from, and that it is kept. */
import { keepWithConversation } from "./actions.js"
import { shownRole } from "./asking.js"
import * as store from "./store.js"

/** @import { Options } from "./api.js" */

/** After the last move of a slider, milliseconds. */
const PAUSE = 400
/** What is about to be kept, by conversation: whoever goes on to another one within the pause has set it all the same. @type {Map<string, ReturnType<typeof setTimeout>>} */
const pauses = new Map()

/** What a conversation with this role begins with. @returns {Options} */
export const usualOptions = () => shownRole()?.options ?? {}

/** @returns {Options} */
export const shownOptions = () => store.tuning.value.options ?? usualOptions()

/** Those that are not as usual. @param {Options} options @param {Options} usual @returns {(keyof Options)[]} */
export function changedOptions(options, usual) {
  const names = /** @type {(keyof Options)[]} */ (Object.keys({ ...options, ...usual }))
  return names.filter(name => options[name] !== usual[name])
}

/** Set one, or with `undefined` leave it to the model. @param {keyof Options} name @param {number | string | undefined} value */
export function setOption(name, value) {
  const { [name]: _, ...others } = shownOptions()
  keep(value === undefined ? others : { ...others, [name]: value })
}

/** All of them as the role says. */
export const resetOptions = () => keep(usualOptions())

/** All of them as they were. @param {Options} before */
export const bringOptionsBack = before => keep(before)

/** @param {Options} options */
function keep(options) {
  const { id } = store.chat.value
  store.tuning.value = { ...store.tuning.value, options }
  if (!id) return // they go with the question that begins the conversation
  clearTimeout(pauses.get(id))
  pauses.set(id, setTimeout(() => {
    pauses.delete(id)
    keepWithConversation({ options }, id)
  }, PAUSE))
}

/** Fill the variables of a role, and go on with what waited for them. @param {Record<string, string>} given */
export function fillRole(given) {
  const values = { ...store.tuning.value.values, ...given }
  store.tuning.value = { ...store.tuning.value, values }
  keepWithConversation({ role_values: values })
  const waiting = store.unfilled.value
  store.unfilled.value = null
  store.dialog.value = ""
  waiting?.go()
}

/** The variables stay empty; what was written goes back. */
export function leaveUnfilled() {
  const waiting = store.unfilled.value
  store.unfilled.value = null
  waiting?.back()
}
