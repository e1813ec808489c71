/**
 * Colours for finished code. The only place of the page where markup becomes elements, and it passes three gates:
 * highlight.js escapes the code, DOMPurify lets nothing through but spans with its classes, and Trusted Types refuse the rest.
 */
import { languageFile } from "./languages.js"
import { Workshop } from "./workshop.js"

/** Longer code stays plain. Characters. */
const CODE_LIMIT = 100_000
const CLASSES = /^(?:hljs-[a-z0-9-]+|language-[a-z0-9-]+)(?: [a-z_]+_)*$/
const RULES = { ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"], ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false, RETURN_TRUSTED_TYPE: true }

const workshop = new Workshop("highlighter.js")
/** @type {Promise<import("dompurify").DOMPurify> | null} */
let purifying = null

/**
 * @param {string} language as written behind the fence
 * @param {string[]} pieces
 * @returns {Promise<((node: Element, index: number) => void) | null>} paints one piece into its element; null: it stays plain
 */
export async function highlight(language, pieces) {
  const file = languageFile(language)
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (!file || !length || length > CODE_LIMIT) return null
  purifying ??= import("dompurify").then(({ default: purify }) => strict(purify))
  const [purify, parts] = await Promise.all([purifying, workshop.ask({ file, pieces })])
  if (parts?.length !== pieces.length) return null
  return (node, index) => {
    // With Trusted Types this is a TrustedHTML, which is what innerHTML takes.
    node.innerHTML = /** @type {string} */ (/** @type {unknown} */ (purify.sanitize(parts[index], RULES)))
  }
}

/** @param {import("dompurify").DOMPurify} purify */
function strict(purify) {
  purify.addHook("uponSanitizeAttribute", (_, attribute) => {
    attribute.keepAttr = attribute.attrName === "class" && CLASSES.test(attribute.attrValue)
  })
  return purify
}
