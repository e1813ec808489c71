/** A text of a model without the marks of Markdown: to be copied into a letter, or to be said aloud. Pure. */
import { Reader, inline } from "./markdown.js"
import { decode } from "./markdown/entities.js"
import { tableCells } from "./markdown/inline.js"

/** @import { Block } from "./markdown.js" */
/** @import { Token } from "./markdown/inline.js" */
/** @import { References } from "./markdown/references.js" */

/** Deeper nesting is left as it was written. */
const DEPTH_LIMIT = 30

/**
 * @param {string} text
 * @param {{ aloud?: boolean }} [how] `aloud`: without what nobody would read out: code, tables, formulas, addresses
 */
export function plainText(text, { aloud = false } = {}) {
  const reader = new Reader()
  const { parts, notes } = reader.read(text)
  const say = { references: reader.references, aloud }
  const said = [...blocks(parts, say), ...notes.map(note => `[${note.number}] ${blocks(note.parts, say).join("\n")}`)]
  return said.filter(Boolean).join("\n\n")
}

/** @typedef {{ references: References, aloud: boolean }} Say */

/** @param {Block[][]} parts @param {Say} say @returns {string[]} */
const blocks = (parts, say) => parts.flat().map(block => one(block, say))

/** @param {Block} block @param {Say} say @returns {string} */
function one(block, say) {
  switch (block.kind) {
    case "paragraph": return words(block.pieces.join(""), say)
    case "raw": return block.pieces.join("")
    case "heading": return words(block.text, say)
    case "rule": return ""
    case "code": return say.aloud ? "" : block.pieces.join("")
    case "formula": return say.aloud ? "" : block.source
    case "table": return say.aloud ? "" : rows(block, say)
    case "list": return list(block, say)
    default: return blocks(block.parts, say).filter(Boolean).join("\n")
  }
}

/** @param {Extract<Block, { kind: "list" }>} block @param {Say} say */
function list({ ordered, start, loose, parts }, say) {
  const items = parts.flat().map((item, at) => {
    const mark = say.aloud ? "" : ordered ? `${start + at}. ` : "• "
    return mark + one(item, say).replaceAll("\n", `\n${" ".repeat(mark.length)}`)
  })
  return items.join(loose && !say.aloud ? "\n\n" : "\n")
}

/** @param {Extract<Block, { kind: "table" }>} block @param {Say} say */
function rows({ head, delimiter, pieces }, say) {
  const table = tableCells(head, delimiter, pieces.join("\n"))
  if (!table) return [head, delimiter, ...pieces].join("\n")
  return [table.head, ...table.rows].map(row => row.map(cell => words(cell, say)).join("\t")).join("\n")
}

/** @param {string} text @param {Say} say */
const words = (text, say) => spoken(inline(text, say.references).tokens, say, 0)

/** @param {Token[]} tokens @param {Say} say @param {number} depth @returns {string} */
const spoken = (tokens, say, depth) => tokens.map(token => word(token, say, depth)).join("")

/** @param {Token} token @param {Say} say @param {number} depth @returns {string} */
function word(token, say, depth) {
  if (depth > DEPTH_LIMIT) return token.raw
  const inner = () => token.tokens?.length ? spoken(token.tokens, say, depth + 1) : decode(token.text ?? "")
  switch (token.type) {
    case "br": return "\n"
    case "codespan": case "escape": return token.text ?? ""
    case "formula": return say.aloud ? "" : token.text ?? ""
    case "note": return say.aloud ? "" : token.raw
    case "link": return say.aloud && token.autolink ? "" : link(inner(), decode(token.href ?? ""), say)
    case "strong": case "em": case "del": case "text": case "image": return inner()
    default: return /^<br\s*\/?>$/i.test(token.raw) ? "\n" : say.aloud ? "" : token.raw
  }
}

/** @param {string} text @param {string} address @param {Say} say */
const link = (text, address, say) => say.aloud || !address || address.replace(/^(mailto:|https?:\/\/)/, "") === text.replace(/^https?:\/\//, "") ? text : `${text} (${address})`
