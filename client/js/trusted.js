/** The page's own Trusted Types policy: names of our own scripts, and no markup at all. */
import { root } from "./root.js"

/** Scripts that may be started as workers, relative to this folder. */
const SCRIPTS = ["markdown/highlighter.js", "markdown/typesetter.js"]
/** The service worker stands at the root, because it opens what is below it; it is told the language of the page. */
const SERVICE_WORKER = /^service-worker\.js\?language=[\w-]+$/

/** @param {string} name @returns {string} */
function ownScript(name) {
  if (SERVICE_WORKER.test(name)) return new URL(name, root).href
  if (!SCRIPTS.includes(name)) throw new TypeError(`not a script of this page: ${name}`)
  return new URL(name, import.meta.url).href
}

const policy = window.trustedTypes?.createPolicy("app", { createScriptURL: ownScript })

/** The address of one of our scripts, in the form that `new Worker` accepts. @param {string} name */
export const scriptUrl = name => /** @type {string} */ (/** @type {unknown} */ (policy ? policy.createScriptURL(name) : ownScript(name)))
