/** Roles and prompts of one's own: read, written, taken away, brought back. */
import { call, part, roles } from "./api.js"
import { newId } from "./asking.js"
import { language, localized, t } from "./i18n.js"
import { complain, isMissing, troubleOf } from "./say.js"
import * as store from "./store.js"
import { signal } from "./view.js"

/** @import { Options, Role } from "./api.js" */
/** @import { Signal } from "./view.js" */

/** @typedef {{ id: string, kind: "role" | "prompt", name: string, text: string, icon: string, description: string, model: string, provider: string, options: Options }} Item */
/** @typedef {{ id: string, name: Record<string, string>, text: Record<string, string>, own: boolean }} Prompt */
/** @typedef {{ item: Item, before: Item, isNew: boolean }} Draft `before`: as it was when one began to write */

/** All prompts there are, once they are asked for. @type {Signal<Prompt[]>} */
export const prompts = signal(/** @type {Prompt[]} */ ([]))
/** What is one's own, by name. @type {Signal<Item[]>} */
export const items = signal(/** @type {Item[]} */ ([]))
/** What is being written. It stays when the dialog is closed. @type {Signal<Draft | null>} */
export const draft = signal(/** @type {Draft | null} */ (null))
/** Deleted just now, by id: it can come back. @type {Signal<Item[]>} */
export const deleted = signal(/** @type {Item[]} */ ([]))

/** The language in which the prompts were told. */
let spoken = ""

/** What was written and put away just now: it can come back. @type {Signal<Draft | null>} */
export const discarded = signal(/** @type {Draft | null} */ (null))

const EMPTY = { text: "", icon: "", description: "", model: "", provider: "", options: {} }

/** Show what there is. */
export async function open() {
  store.dialog.value = "library"
  deleted.value = []
  discarded.value = null
  await readAll()
}

/** Begin a new one. @param {"role" | "prompt"} kind @param {Partial<Item>} [known] what it begins with */
export function begin(kind, known = {}) {
  const item = { ...EMPTY, name: "", ...known, kind, id: newId() }
  draft.value = { item, before: item, isNew: true }
  void open()
}

/** @param {Item} item */
export const change = item => { draft.value = { item, before: item, isNew: false } }

/** Write no further. What was written is put away, if it was something. */
export function cancel() {
  discarded.value = draft.value && draft.value.item !== draft.value.before ? draft.value : null
  draft.value = null
}

/** Write on. */
export function takeUp() {
  draft.value = discarded.value
  discarded.value = null
}

/** Make a ready role one's own. @param {Role} role */
export async function beginFrom(role) {
  try {
    const { role: { prompt } } = await call("GET", `roles/${part(role.id)}`)
    begin("role", { name: localized(role.title), description: localized(role.description), icon: role.icon, text: localized(prompt), model: role.model, provider: role.provider, options: role.options })
  } catch (error) {
    complain(error)
  }
}

/** @param {Prompt} prompt */
export const beginFromPrompt = ({ name, text }) => begin("prompt", { name: localized(name), text: localized(text) })

/** Everything again, as the server has it. */
export async function readAll() {
  try {
    const [all, listed, offered] = await Promise.all([call("GET", "library"), roles(), call("GET", "prompts")])
    items.value = all.items
    store.catalogue.value = { ...store.catalogue.value, roles: listed.roles }
    prompts.value = offered.prompts
    spoken = language()
  } catch (error) {
    complain(error)
  }
}

/** Keep what was written. @returns {Promise<string>} the sentence of what is wrong, or "" */
export async function save() {
  if (!draft.value) return ""
  const { item: { id, kind, name, text, icon, description, model, provider, options }, isNew } = draft.value
  const said = { name, text, icon, description, model, provider, options }
  try {
    await (isNew ? call("POST", "library", { id, kind, ...said }) : call("PATCH", `library/${part(id)}`, said))
  } catch (error) {
    const { code, values } = troubleOf(error)
    return t(`errors.${code}`, values)
  }
  draft.value = null
  await readAll()
  return ""
}

/** @param {Item} item */
export async function remove(item) {
  try {
    await call("DELETE", `library/${part(item.id)}`)
    deleted.value = [...deleted.value, item]
    await readAll()
  } catch (error) {
    complain(error)
  }
}

/** What a file has brought goes again. @param {string[]} ids */
export async function takeBack(ids) {
  try {
    for (const id of ids) await call("DELETE", `library/${part(id)}`).catch(error => { if (!isMissing(error)) throw error })
  } catch (error) {
    complain(error)
  }
  await readAll()
}

/** @param {Item} item */
export async function restore(item) {
  try {
    await call("POST", `library/${part(item.id)}/restore`, {})
    deleted.value = deleted.value.filter(({ id }) => id !== item.id)
    await readAll()
  } catch (error) {
    complain(error)
  }
}

/** The prompts to choose from, in the language spoken now; those known so far, if the server does not say. */
export async function readPrompts() {
  const isTold = prompts.value.length && spoken === language()
  spoken = language()
  if (!isTold) prompts.value = await call("GET", "prompts").then(({ prompts }) => prompts, () => prompts.value)
  return prompts.value
}

/** Begin a prompt of what somebody wrote. @param {string} text */
export const keepAsPrompt = text => begin("prompt", { text })
