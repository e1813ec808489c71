/**
 * A worker: LaTeX -> a tree of MathML, by KaTeX. Its tree is read rather than its markup or its elements, because those carry
 * style attributes (`\fcolorbox`, `\pmb`, errors) that the page's policy refuses; of the tree only listed names are taken.
 */

const ELEMENTS = new Set((
  "math semantics annotation mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle merror mpadded mphantom menclose "
  + "msub msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd mlabeledtr"
).split(" "))
const ATTRIBUTES = new Set((
  "mathvariant stretchy fence separator lspace rspace minsize maxsize movablelimits accent accentunder displaystyle scriptlevel "
  + "columnalign columnspacing rowspacing columnlines rowlines rowalign width height depth voffset linethickness notation mathcolor "
  + "mathbackground mathsize display symmetric form largeop encoding side"
).split(" "))
const DEPTH_LIMIT = 200

/** @typedef {string | { type: string, attributes: Record<string, string>, children: Tree[] }} Tree */
/** @typedef {{ type?: string, text?: string, attributes?: Record<string, unknown>, children?: KatexNode[] }} KatexNode */
/** @typedef {{ __renderToDomTree: (source: string, options: object) => KatexNode }} Katex */

/** The file is no module: it leaves its name on the global object. @type {Promise<Katex>} */
const loading = import(new URL("../../vendor/katex/katex.min.js", import.meta.url).href).then(() => /** @type {any} */ (globalThis).katex)

/** @param {MessageEvent<{ id: number, source: string, display: boolean }>} event */
self.onmessage = async ({ data: { id, source, display } }) => {
  let result = null
  try {
    result = formulaTree(await loading, source, display)
  } catch {
    // Not LaTeX, or nested too deep for the stack: KaTeX throws in both cases. The page shows the source.
  }
  self.postMessage({ id, result })
}

/** @param {Katex} katex @param {string} source @param {boolean} display */
function formulaTree(katex, source, display) {
  const math = find(katex.__renderToDomTree(source, {
    output: "mathml", displayMode: display, trust: false, maxExpand: 1_000, maxSize: 10, throwOnError: true, strict: "ignore",
  }))
  return math && copy(math, 0)
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
