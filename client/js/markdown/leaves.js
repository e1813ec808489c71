/** The open leaf of a text: takes further lines, in pieces of bounded size, and becomes a block when it closes. */
import { delimiterFor } from "./lines.js"

/** A paragraph is read in pieces of about this many characters, code and tables in pieces of so many lines. */
const PIECE = 2_000
const PIECE_LIMIT = 3_500
const CODE_LINES = 32
const TABLE_ROWS = 32

/** @typedef {{ id: number, open: boolean }} Common `open`: the text may still grow here */
/** @typedef {Common & { kind: "paragraph" | "raw", pieces: string[] }} TextBlock */
/** @typedef {Common & { kind: "heading", level: number, text: string }} HeadingBlock */
/** @typedef {Common & { kind: "rule" }} RuleBlock */
/** @typedef {Common & { kind: "code", language: string, pieces: string[], lines: number }} CodeBlock */
/** @typedef {Common & { kind: "formula", source: string }} FormulaBlock */
/** @typedef {Common & { kind: "table", head: string, delimiter: string, pieces: string[] }} TableBlock */
/** @typedef {TextBlock | HeadingBlock | RuleBlock | CodeBlock | FormulaBlock | TableBlock} LeafBlock */

/**
 * An open leaf: finished pieces and the text of the last one.
 * @typedef {{ kind: "paragraph" | "raw" | "code" | "formula" | "table", id: number, pieces: string[], text: string, lines: number,
 *   fresh: number, fence: import("./lines.js").Fence | null, blanks: number, closer: string, opener: string, head: string, delimiter: string }} Leaf
 */

/** @param {Leaf["kind"]} kind @param {number} id @param {string} text @returns {Leaf} */
export function startLeaf(kind, id, text) {
  return { kind, id, pieces: [], text, lines: 0, fresh: 0, fence: null, blanks: 0, closer: "", opener: "", head: "", delimiter: "" }
}

/** The continuation of an over-long line. @param {Leaf} leaf @param {string} text */
export function appendRest(leaf, text) {
  if (leaf.kind === "paragraph" || leaf.kind === "raw") {
    leaf.pieces.push(leaf.text)
    leaf.text = text
  } else {
    leaf.text += text
    if (leaf.kind === "code") breakCode(leaf)
  }
}

/** A further line of a paragraph. @param {Leaf} leaf @param {string} text */
export function appendText(leaf, text) {
  if (leaf.text.length > PIECE_LIMIT || (leaf.text.length > PIECE && isBalanced(leaf.text))) {
    leaf.pieces.push(leaf.text)
    leaf.text = ""
  }
  leaf.text += `\n${text}`
}

/** Whether a cut here would tear code or strong emphasis apart. @param {string} text */
const isBalanced = text => text.split("`").length % 2 === 1 && text.split("**").length % 2 === 1

/** @param {Leaf} leaf @param {string} line */
export function appendCode(leaf, line) {
  if (leaf.lines++) {
    // A piece is drawn as a block of its own, so it may end with a line break but not begin with one.
    if (leaf.text || !leaf.pieces.length) leaf.text += "\n"
    else leaf.pieces[leaf.pieces.length - 1] += "\n"
    leaf.fresh++
    breakCode(leaf)
  }
  leaf.text += line
}

/** @param {Leaf} leaf */
function breakCode(leaf) {
  if (leaf.fresh < CODE_LINES && leaf.text.length < 2 * PIECE_LIMIT) return
  leaf.pieces.push(leaf.text)
  leaf.text = ""
  leaf.fresh = 0
}

/** @param {Leaf} leaf @param {string} row */
export function appendRow(leaf, row) {
  if (leaf.fresh++ >= TABLE_ROWS) {
    leaf.pieces.push(leaf.text)
    leaf.text = ""
    leaf.fresh = 1
  }
  leaf.text += (leaf.text && "\n") + row
}

/** A formula that turns out to be none. @param {Leaf} leaf */
export function becomeText(leaf) {
  leaf.text = leaf.opener + leaf.text
  leaf.kind = "paragraph"
}

/** @param {Leaf} leaf @param {boolean} open @returns {LeafBlock} */
export function leafBlock(leaf, open) {
  const { id } = leaf
  const pieces = leaf.text ? [...leaf.pieces, leaf.text] : leaf.pieces
  if (leaf.kind === "code") return { kind: "code", id, open, language: leaf.fence?.language ?? "", pieces, lines: leaf.lines }
  if (leaf.kind === "table") return { kind: "table", id, open, head: leaf.head, delimiter: leaf.delimiter, pieces }
  if (leaf.kind === "formula") {
    if (!leaf.closer || open) return { kind: "formula", id, open, source: leaf.text.trim() }
    becomeText(leaf)
    return { kind: "paragraph", id, open, pieces: [leaf.text] }
  }
  if (open && isHead(leaf)) return { kind: "table", id, open, head: leaf.text, delimiter: delimiterFor(leaf.text), pieces: [] }
  return { kind: leaf.kind, id, open, pieces }
}

/** Whether the only line so far looks like the head of a table of which the next line is still to come. @param {Leaf} leaf */
const isHead = leaf => leaf.kind === "paragraph" && !leaf.pieces.length && /^\|[ \t]*[^|\s][^\n]*$/.test(leaf.text)
