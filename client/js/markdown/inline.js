/**
 * Words inside a block -> tokens, by marked's inline lexer. No HTML is made: marked's renderer is never called.
 * Our additions: formulas, footnotes, a bound on nesting, and plain text when anything goes wrong.
 */
import { Lexer, Marked, Tokenizer } from "marked"
import { mend } from "./unfinished.js"

/** Emphasis in emphasis in … beyond this is plain text. */
const NESTING_LIMIT = 12
const FORMULA_LIMIT = 2_000
/** Text without any of these needs no lexer. */
const MARKUP = /[\\`*_[\]<>~$!&@\n]|https?:|www\./i
/** A label that a definition could give a meaning. */
const LABEL = /\[([^[\]]{1,200})\]/g

/**
 * @typedef {{ type: string, raw: string, text?: string, href?: string, title?: string | null, tokens?: Token[], display?: boolean,
 *   label?: string, autolink?: boolean }} Token
 */
/** @typedef {import("./references.js").References} References */

/** Refuses emphasis that is nested too deep: marked's cost grows with the square of the depth. */
class BoundedTokenizer extends Tokenizer {
  depth = 0

  /**
   * @param {string} src
   * @param {string} masked
   * @param {string} [before]
   */
  emStrong(src, masked, before) {
    return this.#within(() => super.emStrong(src, masked, before))
  }

  /**
   * @param {string} src
   * @param {string} masked
   * @param {string} [before]
   */
  del(src, masked, before) {
    return this.#within(() => super.del(src, masked, before))
  }

  /**
   * Plain text ends where a formula may begin. (marked's own way, `start`, looks through all that follows for every token.)
   * @param {string} src
   */
  inlineText(src) {
    const at = src.indexOf("$", 1)
    return super.inlineText(at > 0 ? src.slice(0, at) : src)
  }

  /** @template T @param {() => T} read @returns {T | undefined} */
  #within(read) {
    if (this.depth >= NESTING_LIMIT) return undefined
    this.depth++
    try {
      return read()
    } finally {
      this.depth--
    }
  }
}

/** `$…$` as pandoc reads it, and more careful: prices are no formulas. @param {string} src */
function formula(src) {
  const long = /^(?:\$\$([^$]+)\$\$|\\\[([^]+?)\\\])/.exec(src)
  if (long && long[0].length < FORMULA_LIMIT) return { type: "formula", raw: long[0], text: (long[1] ?? long[2]).trim(), display: true }
  const short = /^\\\(([^]+?)\\\)/.exec(src)
  if (short && short[0].length < FORMULA_LIMIT) return { type: "formula", raw: short[0], text: short[1].trim(), display: false }
  const dollar = /^\$((?:[^\s$\\]|\\[^])(?:(?:[^$\\]|\\[^])*?(?:[^\s$\\]|\\[^\s]))?)\$(?![\p{L}\p{N}$])/u.exec(src)
  if (!dollar || dollar[0].length > FORMULA_LIMIT || isPrice(dollar[1])) return undefined
  return { type: "formula", raw: dollar[0], text: dollar[1], display: false }
}

/** «$5 и 10$»: begins with a number and goes on with words. @param {string} text */
const isPrice = text => /^\d/.test(text) && /\s\p{L}+(?:\s|$)/u.test(text) && !/[\\^_={}]/.test(text)

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: [
    {
      name: "formula",
      level: "inline",
      tokenizer: src => src[0] === "$" || src[0] === "\\" ? formula(src) : undefined,
    },
    {
      name: "note",
      level: "inline",
      tokenizer: src => {
        const found = src.startsWith("[^") ? /^\[\^([^\]\s]{1,80})\]/.exec(src) : null
        return found ? { type: "note", raw: found[0], label: found[1] } : undefined
      },
    },
  ],
})

/**
 * @param {string} text
 * @param {References} references
 * @param {boolean} [open] the text may still grow here
 * @returns {{ tokens: Token[], missing: string[] }} `missing`: labels that would change the tokens if they were defined later
 */
export function inline(text, references, open = false) {
  const source = open ? mend(text) : text
  if (!MARKUP.test(source)) return { tokens: [plain(source)], missing: [] }
  return { tokens: lex(source, references), missing: missingLabels(source, references) }
}

/**
 * The cells of a table: texts, and how each column is aligned.
 * @param {string} head
 * @param {string} delimiter
 * @param {string} rows
 * @returns {{ align: (string | null)[], head: string[], rows: string[][] } | null}
 */
export function tableCells(head, delimiter, rows) {
  try {
    const [table] = new Lexer({ ...marked.defaults, extensions: null }).blockTokens(`${head}\n${delimiter}\n${rows}`)
    if (table?.type !== "table") return null
    const textOf = (/** @type {{ text: string }} */ cell) => cell.text
    return { align: table.align, head: table.header.map(textOf), rows: table.rows.map((/** @type {{ text: string }[]} */ row) => row.map(textOf)) }
  } catch {
    return null
  }
}

/** @param {string} text @param {References} references @returns {Token[]} */
function lex(text, references) {
  try {
    const lexer = new Lexer({ ...marked.defaults, tokenizer: new BoundedTokenizer() })
    lexer.tokens.links = /** @type {any} */ (references.links)
    return /** @type {Token[]} */ (lexer.inlineTokens(text))
  } catch {
    return [plain(text)]
  }
}

/** @param {string} text @param {References} references */
function missingLabels(text, references) {
  if (!text.includes("[")) return []
  return [...new Set(Array.from(text.matchAll(LABEL), found => found[1]))].filter(label => !references.has(label))
}

/** @param {string} text @returns {Token} */
const plain = text => ({ type: "text", raw: text, text })
