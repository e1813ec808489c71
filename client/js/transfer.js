/** Bringing chats in and taking them out. Seldom wanted, so the page fetches this file only when it is. */
import * as ancestors from "./ancestors.js"
import * as api from "./api.js"
import { refreshConversations } from "./actions.js"
import { saveAddress } from "./download.js"
import { packed } from "./packing.js"
import { complain, goToLogin, isLoginNeeded, toast, troubleOf } from "./say.js"
import * as store from "./store.js"
import { t } from "./i18n.js"

/** @typedef {import("./api.js").Import} Import */

/** Count what the old pages left in this browser, and offer to move it unless that was put off. */
export function lookForAncestors() {
  const count = ancestors.find(localStorage).length
  store.ancestors.value = { count, offered: count > 0 && !ancestors.isPostponed(localStorage) }
}

export async function moveAncestors() {
  try {
    const moved = await ancestors.move(localStorage, conversations => api.bring(JSON.stringify(conversations), "application/json"))
    toast(t("import.done", { count: moved }))
  } catch (error) {
    complain(error)
  }
  lookForAncestors()
  await refreshConversations()
}

export function postponeAncestors() {
  ancestors.postpone(localStorage)
  lookForAncestors()
}

/** @typedef {{ found?: Import, trouble?: import("./store.js").Trouble }} Outcome */

/** What is in a file, or why it is of no use. @param {Blob} file @returns {Promise<Outcome>} */
export const previewFile = file => send(file, api.previewImport)

/** Bring in what is in a file; what was not here before can be taken back. @param {Blob} file @returns {Promise<Outcome>} */
export async function bringFile(file) {
  const outcome = await send(file, api.bring)
  if (outcome.found) {
    const { conversations, created, library_created: items = [] } = outcome.found
    const takeBack = async () => {
      if (items.length) await (await import("./library.js")).takeBack(items)
      if (created.length) await (await import("./selecting.js")).remove(created)
    }
    const said = [conversations || !items.length ? t("import.done", { count: conversations }) : "", items.length ? t("import.library", { count: items.length }) : ""]
    toast(said.filter(Boolean).join(" · "), created.length || items.length ? { label: t("import.undo"), run: () => void takeBack() } : undefined)
    await refreshConversations()
  }
  return outcome
}

/** @param {Blob} file @param {(body: Blob, type: string) => Promise<Import>} how @returns {Promise<Outcome>} */
async function send(file, how) {
  try {
    const { body, type } = await packed(file)
    return { found: await how(body, type) }
  } catch (error) {
    if (isLoginNeeded(error)) goToLogin()
    return { trouble: troubleOf(error) }
  }
}

/** Have the browser keep one conversation as a file. @param {string} id @param {"md" | "json"} format */
export const downloadConversation = (id, format) => saveAddress(api.exportAddress(id, format).href)
