/** What the page tells a person, and what things are called: toasts, troubles in words, names of models and providers. */
import * as api from "./api.js"
import { loadRest, t } from "./i18n.js"
import * as store from "./store.js"

/** How long a message at the edge of the page stays, milliseconds; longer when there is something to press. */
const TOAST = 5_000
const TOAST_WITH_ACTION = 9_000

/** @param {string} text @param {{ label: string, run: () => void }} [action] */
export function toast(text, action) {
  const id = Date.now() + Math.random()
  store.toasts.value = [...store.toasts.value.slice(-2), { id, text, action }]
  setTimeout(() => dismiss(id), action ? TOAST_WITH_ACTION : TOAST)
}

/** @param {number} id */
export function dismiss(id) {
  store.toasts.value = store.toasts.value.filter(toast => toast.id !== id)
}

/** @param {unknown} error @param {{ model?: string, provider?: string }} [about] */
export function complain(error, about = {}) {
  if (isLoginNeeded(error)) return goToLogin()
  const { code, values } = troubleOf(error, about)
  const say = () => toast(t(`errors.${code}`, values))
  void loadRest().then(say, say)
}

/** @param {unknown} error @param {{ model?: string, provider?: string }} [about] @returns {import("./store.js").Trouble} */
export function troubleOf(error, { model = "", provider = "" } = {}) {
  const names = { model, provider: providerTitle(provider) || t("answer.service"), name: model }
  return error instanceof api.ApiError ? { code: error.code, values: { ...names, ...error.values } } : { code: "internal", values: names }
}

/** @param {string | undefined} id */
export const providerTitle = id => store.catalogue.value.providers.find(provider => provider.id === id)?.title || id || ""

/** What a model is called. @param {string | undefined} id @param {string | undefined} provider @returns {string} */
export function modelTitle(id, provider) {
  const known = store.catalogue.value.models.find(model => model.id === id && model.provider === provider)
  // llama.cpp names a model by the path of its file.
  return known?.title || (id ?? "").replace(/^.*\/([^/]+)\.gguf$/i, "$1")
}

/** @param {unknown} error */
export const isLoginNeeded = error => error instanceof api.ApiError && error.code === "login_required"

/** There is no such thing, or not any more. @param {unknown} error */
export const isMissing = error => error instanceof api.ApiError && error.status === 404

/** What was open is opened again after the login. @param {boolean} [andBack] */
export function goToLogin(andBack = true) {
  const here = location.pathname.slice(api.root.pathname.length) + location.search
  location.assign(new URL(andBack && here ? `login?next=${encodeURIComponent(here)}` : "login", api.root))
}
