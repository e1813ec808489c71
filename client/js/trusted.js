/** The page's own Trusted Types policy: names of our own scripts, and no markup at all. */

/** Scripts that may be started as workers, relative to this folder. */
const SCRIPTS = ["markdown/highlighter.js", "markdown/typesetter.js"]

/** @param {string} name @returns {string} */
function ownScript(name) {
  if (!SCRIPTS.includes(name)) throw new TypeError(`not a script of this page: ${name}`)
  return new URL(name, import.meta.url).href
}

const policy = window.trustedTypes?.createPolicy("app", { createScriptURL: ownScript })

/** The address of one of our scripts, in the form that `new Worker` accepts. @param {string} name */
export const scriptUrl = name => /** @type {string} */ (/** @type {unknown} */ (policy ? policy.createScriptURL(name) : ownScript(name)))
