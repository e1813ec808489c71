/**
 * Colours for finished code. The only place of the page where markup becomes elements, and it passes three gates:
 * highlight.js escapes the code, DOMPurify lets nothing through but spans with its classes, and Trusted Types refuse the rest.
 */
import { languageFile } from "./languages.js"
import { scriptUrl } from "../trusted.js"

/** Longer code stays plain. Characters. */
const CODE_LIMIT = 100_000
/** A language whose rules run longer than this on some code is given up for it. Milliseconds. */
const DEADLINE = 3_000
const CLASSES = /^(?:hljs-[a-z0-9-]+|language-[a-z0-9-]+)(?: [a-z_]+_)*$/

/** @typedef {string} Markup sanitised; a TrustedHTML where the browser knows it */
/** @typedef {{ id: number, file: string, pieces: string[], done: (parts: string[] | null) => void }} Task */

/** @type {Task[]} */
const tasks = []
/** @type {Worker | null} */
let worker = null
let lastId = 0
let deadline = 0

/**
 * @param {string} language as written behind the fence
 * @param {string[]} pieces
 * @returns {Promise<((node: Element, index: number) => void) | null>} paints one piece into its element; null: it stays plain
 */
export async function highlight(language, pieces) {
  const file = languageFile(language)
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (!file || !length || length > CODE_LIMIT) return null
  const [{ default: purify }, parts] = await Promise.all([import("dompurify"), ask(file, pieces)])
  if (!parts || parts.length !== pieces.length) return null
  return (node, index) => paint(purify, node, parts[index])
}

/** @param {import("dompurify").DOMPurify} purify @param {Element} node @param {string} markup */
function paint(purify, node, markup) {
  purify.removeAllHooks()
  purify.addHook("uponSanitizeAttribute", (_, attribute) => {
    attribute.keepAttr = attribute.attrName === "class" && CLASSES.test(attribute.attrValue)
  })
  const clean = purify.sanitize(markup, { ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"], ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false, RETURN_TRUSTED_TYPE: true })
  node.innerHTML = /** @type {Markup} */ (/** @type {unknown} */ (clean))
}

/** @param {string} file @param {string[]} pieces @returns {Promise<string[] | null>} */
function ask(file, pieces) {
  return new Promise(done => {
    tasks.push({ id: ++lastId, file, pieces, done })
    if (tasks.length === 1) next()
  })
}

/** One piece of code at a time, so that the deadline is about it alone. */
function next() {
  const task = tasks[0]
  if (!task) return
  worker ??= start()
  deadline = window.setTimeout(giveUp, DEADLINE)
  worker.postMessage({ id: task.id, file: task.file, pieces: task.pieces })
}

function start() {
  const started = new Worker(scriptUrl("markdown/highlighter.js"), { type: "module", name: "highlighter" })
  started.onmessage = ({ data }) => finish(data.id, data.parts)
  started.onerror = giveUp
  return started
}

function giveUp() {
  worker?.terminate()
  worker = null
  finish(tasks[0]?.id ?? 0, null)
}

/** @param {number} id @param {string[] | null} parts */
function finish(id, parts) {
  if (tasks[0]?.id !== id) return
  clearTimeout(deadline)
  tasks.shift()?.done(parts)
  next()
}
