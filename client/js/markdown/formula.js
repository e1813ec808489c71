/**
 * LaTeX -> a tree of MathML, by KaTeX. Its tree is read rather than its markup or its elements, because those carry style
 * attributes (`\fcolorbox`, `\pmb`, errors) that the page's policy refuses; of the tree only listed names are taken.
 */

const ELEMENTS = new Set(("math semantics annotation mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle merror mpadded mphantom menclose "
  + "msub msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd mlabeledtr").split(" "))
const ATTRIBUTES = new Set(("mathvariant stretchy fence separator lspace rspace minsize maxsize movablelimits accent accentunder displaystyle scriptlevel "
  + "columnalign columnspacing rowspacing columnlines rowlines rowalign width height depth voffset linethickness notation mathcolor mathbackground mathsize "
  + "display symmetric form largeop encoding side").split(" "))
const DEPTH_LIMIT = 200
/** A longer source stays a source. Characters. */
const SOURCE_LIMIT = 5_000

/** @typedef {string | { type: string, attributes: Record<string, string>, children: Tree[] }} Tree */
/** @typedef {{ type?: string, text?: string, attributes?: Record<string, unknown>, children?: KatexNode[] }} KatexNode */
/** @typedef {{ __renderToDomTree: (source: string, options: object) => KatexNode }} Katex */

/** @type {Promise<Katex> | null} */
let loading = null

/** @returns {Promise<Katex>} */
export function loadKatex() {
  // The file is no module: it leaves its name on the global object.
  loading ??= import(new URL("../../vendor/katex/katex.min.js", import.meta.url).href).then(() => /** @type {any} */ (globalThis).katex)
  return loading
}

/**
 * @param {Katex} katex
 * @param {string} source
 * @param {boolean} display
 * @returns {Tree | null} null: show the source instead
 */
export function formulaTree(katex, source, display) {
  if (source.length > SOURCE_LIMIT) return null
  try {
    const root = katex.__renderToDomTree(source, {
      output: "mathml", displayMode: display, trust: false, maxExpand: 1_000, maxSize: 10, throwOnError: true, strict: "ignore",
    })
    const math = find(root)
    return math && copy(math, 0)
  } catch {
    // Not LaTeX, or nested too deep for the stack: KaTeX throws in both cases.
    return null
  }
}

/** @param {KatexNode} node @returns {KatexNode | null} */
function find(node) {
  if (node.type === "math") return node
  for (const child of node.children ?? []) {
    const found = find(child)
    if (found) return found
  }
  return null
}

/** @param {KatexNode} node @param {number} depth @returns {Tree} */
function copy(node, depth) {
  if (depth > DEPTH_LIMIT) throw new RangeError("formula too deep")
  if (node.text !== undefined) return node.text
  const children = (node.children ?? []).map(child => copy(child, depth + 1))
  if (!node.type || !ELEMENTS.has(node.type)) return { type: "mrow", attributes: {}, children }
  const attributes = Object.entries(node.attributes ?? {}).filter(([name]) => ATTRIBUTES.has(name)).map(([name, value]) => [name, String(value)])
  return { type: node.type, attributes: Object.fromEntries(attributes), children }
}
