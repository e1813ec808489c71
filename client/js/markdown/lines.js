/** What a single line of Markdown can be: patterns, columns, and where an over-long line is cut. */

/** A longer line is read in pieces, so that no single step of the reader grows with the text. Characters. */
export const LINE_LIMIT = 3_000
/** Up to here a picture inside the text (`data:`) may stand in one piece. Characters. */
const DATA_LIMIT = 4_000_000

/** @typedef {{ rest: string, column: number }} Cursor what is left of the line, and the column where it starts */
/** @typedef {{ ordered: boolean, sign: string, start: number, width: number }} Marker of a list item */
/** @typedef {{ sign: string, length: number, indent: number, language: string }} Fence */

const HEADING = /^(#{1,6})(?:[ \t]+(.*))?$/
const RULE = /^(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/
const UNDERLINE = /^(=+|-+)[ \t]*$/
const FENCE = /^(`{3,}|~{3,})(.*)$/
const MARKER = /^([-*+]|\d{1,9}[.)])(?=[ \t]|$)/
const DELIMITER = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/
const DEFINITION = /^\[((?:[^[\]\\]|\\.){1,200})\]:[ \t]*(<[^<>]*>|[^\s<]\S*)(?:[ \t]+("[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*$/
const NOTE = /^\[\^([^\]\s]{1,80})\]:[ \t]*(.*)$/
const RAW = /^<(?!br\b)(?:[a-z][a-z0-9-]*(?=[\s/>]|$)|\/[a-z]|!|\?)/i
const TASK = /^\[([ xX])\][ \t]+(?=\S)/

/**
 * Columns of white space at the cursor; a tab reaches to the next multiple of four.
 * @param {Cursor} cursor
 */
export function indentation({ rest, column }) {
  let at = column
  for (let i = 0; i < rest.length; i++) {
    if (rest[i] === " ") at++
    else if (rest[i] === "\t") at += 4 - at % 4
    else break
  }
  return at - column
}

/**
 * Step over at most `columns` of white space; a tab that is wider leaves spaces behind.
 * @param {Cursor} cursor
 * @param {number} columns
 */
export function skip(cursor, columns) {
  while (columns > 0) {
    const sign = cursor.rest[0]
    const width = sign === " " ? 1 : sign === "\t" ? 4 - cursor.column % 4 : 0
    if (!width) return
    const step = Math.min(width, columns)
    cursor.rest = " ".repeat(width - step) + cursor.rest.slice(1)
    cursor.column += step
    columns -= step
  }
}

/**
 * Step over `count` characters that are not white space.
 * @param {Cursor} cursor
 * @param {number} count
 */
export function advance(cursor, count) {
  cursor.rest = cursor.rest.slice(count)
  cursor.column += count
}

/** @param {string} line */
export const isBlank = line => !/[^ \t]/.test(line)
/** @param {string} line */
export const isRule = line => RULE.test(line)
/** @param {string} line */
export const isRaw = line => RAW.test(line)

/** @param {string} line @returns {{ level: number, text: string } | null} */
export function headingOf(line) {
  const found = HEADING.exec(line)
  return found && { level: found[1].length, text: (found[2] ?? "").trim().replace(/(?:^|[ \t]+)#+$/, "") }
}

/** The level of the heading that this underline makes of the paragraph above, or 0. @param {string} line */
export const underlineLevel = line => UNDERLINE.test(line) ? (line[0] === "=" ? 1 : 2) : 0

/** @param {string} line @param {number} indent @returns {Fence | null} */
export function fenceOf(line, indent) {
  const found = FENCE.exec(line)
  if (!found || (found[1][0] === "`" && found[2].includes("`"))) return null
  return { sign: found[1][0], length: found[1].length, indent, language: found[2].trim().split(/\s/, 1)[0].slice(0, 64) }
}

/** @param {string} line @param {Fence} fence */
export function closesFence(line, { sign, length }) {
  const bare = line.trim()
  return bare.length >= length && /^(.)\1*$/.test(bare) && bare[0] === sign
}

/** @param {string} line @returns {Marker | null} */
export function markerOf(line) {
  const found = MARKER.exec(line)
  if (!found) return null
  const sign = found[1]
  const ordered = sign.length > 1
  return { ordered, sign: sign.slice(-1), start: ordered ? Number.parseInt(sign, 10) : 1, width: sign.length }
}

/** The state of a task item and the length of its box. @param {string} text */
export function taskOf(text) {
  const found = TASK.exec(text)
  return found && { done: found[1] !== " ", length: found[0].length }
}

/** @param {string} line @param {string} head the line above */
export function isDelimiter(line, head) {
  return line.includes("-") && (line.includes("|") || head.includes("|")) && DELIMITER.test(line) && columnsOf(line) === columnsOf(head)
}

/** @param {string} line a row of a table */
function columnsOf(line) {
  const bare = line.trim().replace(/^\|/, "").replace(/(^|[^\\])\|$/, "$1")
  return (bare.replace(/\\\|/g, "").match(/\|/g) ?? []).length + 1
}

/** The line that makes a table of the row above it. @param {string} head */
export const delimiterFor = head => `|${"---|".repeat(columnsOf(head))}`

/** @param {string} line @returns {{ label: string, href: string, title: string | null } | null} */
export function definitionOf(line) {
  const found = DEFINITION.exec(line)
  if (!found || found[1].startsWith("^") || !found[1].trim()) return null
  const href = found[2].startsWith("<") ? found[2].slice(1, -1) : found[2]
  return { label: found[1], href, title: found[3] ? found[3].slice(1, -1) : null }
}

/** @param {string} line @returns {{ label: string, text: string } | null} */
export function noteOf(line) {
  const found = NOTE.exec(line)
  return found && { label: found[1], text: found[2] }
}

/**
 * A formula that starts a line: what closes it, and what stands behind the opening on the same line.
 * @param {string} line
 * @returns {{ opener: string, closer: string, text: string, closed: boolean } | null}
 */
export function formulaOf(line) {
  const opener = line.startsWith("$$") ? "$$" : line.startsWith("\\[") ? "\\[" : ""
  if (!opener) return null
  const closer = opener === "$$" ? "$$" : "\\]"
  const text = line.slice(2).trimEnd()
  const at = text.indexOf(closer)
  if (at >= 0 && at !== text.length - 2) return null
  return { opener, closer, text: at < 0 ? text : text.slice(0, -2), closed: at >= 0 }
}

/**
 * Where to cut a line that is too long to be read in one step: 0 means "not (yet)". Depends only on the characters up to the
 * cut, so that the pieces in which a text arrives do not matter.
 * @param {string} line
 */
export function cutLine(line) {
  if (line.length <= LINE_LIMIT) return 0
  const data = /\]\(data:image\/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=]*$/.exec(line.slice(0, LINE_LIMIT))
  if (data && data.index < LINE_LIMIT - 64) {
    const end = endOfData(line)
    if (end) return end > line.length ? 0 : end
  }
  for (let at = LINE_LIMIT; at > LINE_LIMIT - 500; at--) {
    if (line[at - 1] === " " || line[at - 1] === "\t") return at
  }
  const last = line.charCodeAt(LINE_LIMIT - 1)
  return last >= 0xd800 && last < 0xdc00 ? LINE_LIMIT - 1 : LINE_LIMIT
}

/** The end of the picture data that crosses the limit; beyond the line when it has not all come; 0 when it never ends. @param {string} line */
function endOfData(line) {
  const run = /[^A-Za-z0-9+/=]/g
  run.lastIndex = LINE_LIMIT
  const found = run.exec(line)
  if (!found) return line.length < DATA_LIMIT ? line.length + 1 : 0
  return found[0] === ")" && found.index < DATA_LIMIT ? found.index + 1 : 0
}

/**
 * Whether a last line of which more will come is better not shown yet: nothing but marks that may still become anything.
 * @param {string} line
 * @param {{ kind: string, fence?: Fence | null } | null} leaf
 */
export function isHeldBack(line, leaf) {
  if (leaf?.kind === "code" && leaf.fence) return line.trim() !== "" && leaf.fence.sign.repeat(leaf.fence.length).startsWith(line.trim())
  return /^[ \t|:-]+$/.test(line)
    || /^[\s>]*(?:[-=*+_`~#>|$\\<]+|\d{1,9}[.)]?|(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]?\]?)?)[ \t]*$/.test(line)
    || (leaf?.kind !== "paragraph" && /^ {0,3}\[[^^\]][^\]]*\]:/.test(line))
}
