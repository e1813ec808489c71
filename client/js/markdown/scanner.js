/**
 * Lines -> blocks, one line at a time, as CommonMark describes it: a stack of open containers (quotes, lists, items, notes) and
 * one open leaf. What is closed never changes again; every step costs the length of its line, whatever the text's length.
 *
 * marked has no such memory (it reads a text as a whole), so the outer structure is ours and the words inside are marked's.
 */
import { appendCode, appendRest, appendRow, appendText, becomeText, leafBlock, startLeaf } from "./leaves.js"
import {
  advance, closesFence, definitionOf, fenceOf, formulaOf, headingOf, indentation, isBlank, isDelimiter, isRaw, isRule,
  markerOf, noteOf, skip, taskOf, underlineLevel,
} from "./lines.js"

/** Deeper containers are plain text. */
const DEPTH_LIMIT = 24
/** Blocks that are compared as one when a view is drawn. */
const PART_SIZE = 16
const FORMULA_LIMIT = 5_000

/** @typedef {import("./leaves.js").Common} Common */
/** @typedef {import("./leaves.js").Leaf} Leaf */
/** @typedef {Common & { kind: "quote", parts: Block[][] }} QuoteBlock */
/** @typedef {Common & { kind: "list", ordered: boolean, start: number, loose: boolean, parts: Block[][] }} ListBlock */
/** @typedef {Common & { kind: "item", done: boolean | null, parts: Block[][] }} ItemBlock */
/** @typedef {Common & { kind: "note", number: number, parts: Block[][] }} NoteBlock */
/** @typedef {import("./leaves.js").LeafBlock | QuoteBlock | ListBlock | ItemBlock | NoteBlock} Block */

/**
 * An open container.
 * @typedef {{ kind: "document" | "quote" | "list" | "item" | "note", id: number, parts: Block[][], indent: number, ordered: boolean,
 *   sign: string, start: number, loose: boolean, done: boolean | null, number: number }} Container
 */
/**
 * @typedef {{ stack: Container[], leaf: Leaf | null, notes: NoteBlock[], ids: number, gap: boolean, soft: boolean,
 *   references: import("./references.js").References, trial: "" | "last" | "growing" }} State
 *   `gap`: a blank line was just passed; `soft`: the next piece continues its line; `trial`: a fork, with which kind of last line
 */
/** @typedef {import("./lines.js").Cursor} Cursor */

/** @param {import("./references.js").References} references @returns {State} */
export function startState(references) {
  return { stack: [container("document", 0)], leaf: null, notes: [], ids: 1, gap: false, soft: false, references, trial: "" }
}

/**
 * A state that can be fed and thrown away.
 * @param {State} state
 * @param {boolean} last whether the line to be tried is the last one rather than a growing one
 * @returns {State}
 */
export function fork(state, last) {
  const stack = state.stack.map(node => ({ ...node, parts: node.parts.slice() }))
  const leaf = state.leaf && { ...state.leaf, pieces: state.leaf.pieces.slice() }
  return { ...state, stack, leaf, trial: last ? "last" : "growing" }
}

/**
 * What a fork shows. The fork is used up.
 * @param {State} state
 * @param {boolean} growing
 * @returns {{ parts: Block[][], notes: NoteBlock[] }}
 */
export function view(state, growing) {
  closeLeaf(state, growing)
  while (state.stack.length > 1) closeContainer(state, growing)
  return { parts: state.stack[0].parts, notes: state.notes }
}

/**
 * Read one line, or (`soft`) the continuation of an over-long one.
 * @param {State} state
 * @param {string} line without its line end
 * @param {boolean} soft
 */
export function feed(state, line, soft) {
  if (soft) return continueLine(state, line)
  const cursor = { rest: line, column: 0 }
  const matched = matchContainers(state, cursor)
  if (matched === state.stack.length && swallow(state, cursor)) return
  const depth = openContainers(state, cursor, matched)
  if (depth < 0) return
  const lazy = depth < state.stack.length ? lazyLeaf(state, cursor) : null
  if (lazy) return appendText(lazy, cursor.rest.trim())
  const blank = isBlank(cursor.rest)
  settle(state, depth, blank)
  if (blank) return passBlank(state)
  placeText(state, cursor)
  state.gap = false
}

/** @param {State} state @param {string} text */
function continueLine(state, text) {
  if (state.leaf) appendRest(state.leaf, text)
  else openLeaf(state, "paragraph", text)
}

/**
 * How many of the open containers this line belongs to; steps over their marks.
 * @param {State} state
 * @param {Cursor} cursor
 */
function matchContainers(state, cursor) {
  let matched = 1
  for (; matched < state.stack.length; matched++) {
    const node = state.stack[matched]
    const indent = indentation(cursor)
    if (node.kind === "quote") {
      if (indent > 3 || !stepOverQuote(cursor)) break
    } else if (node.kind === "item" || node.kind === "note") {
      const blank = isBlank(cursor.rest)
      if (blank && !node.parts.length && !state.leaf && matched === state.stack.length - 1) break
      if (!blank && indent < node.indent) break
      skip(cursor, node.indent)
    }
  }
  return matched
}

/** @param {Cursor} cursor */
function stepOverQuote(cursor) {
  const indent = indentation(cursor)
  const trimmed = cursor.rest.trimStart()
  if (!trimmed.startsWith(">")) return false
  skip(cursor, indent)
  advance(cursor, 1)
  skip(cursor, 1)
  return true
}

/**
 * Code and formulas take every line until they close, HTML until a blank one.
 * @param {State} state
 * @param {Cursor} cursor
 */
function swallow(state, cursor) {
  const leaf = state.leaf
  if (leaf?.kind === "code" && leaf.fence) {
    if (indentation(cursor) < 4 && closesFence(cursor.rest, leaf.fence)) closeLeaf(state)
    else {
      skip(cursor, leaf.fence.indent)
      appendCode(leaf, cursor.rest)
    }
    return true
  }
  if (leaf?.kind === "raw" && !isBlank(cursor.rest)) {
    appendText(leaf, cursor.rest)
    endComment(state, cursor.rest)
    return true
  }
  return leaf?.kind === "formula" && swallowFormula(state, leaf, cursor.rest)
}

/** @param {State} state @param {Leaf} leaf @param {string} line */
function swallowFormula(state, leaf, line) {
  const at = line.indexOf(leaf.closer)
  const ends = at >= 0 && at === line.trimEnd().length - 2
  if (ends) {
    leaf.text += `\n${line.slice(0, at)}`
    leaf.closer = ""
    closeLeaf(state)
    return true
  }
  if (at < 0 && !isBlank(line) && leaf.text.length + line.length < FORMULA_LIMIT) {
    leaf.text += `\n${line}`
    return true
  }
  becomeText(leaf)
  return false
}

/**
 * Open what starts on this line. Returns the depth to go on with, or -1 when the line is used up.
 * @param {State} state
 * @param {Cursor} cursor
 * @param {number} depth containers that the line belongs to
 */
function openContainers(state, cursor, depth) {
  for (;;) {
    const indent = indentation(cursor)
    const whole = depth === state.stack.length
    const paragraph = whole && state.leaf?.kind === "paragraph"
    if (indent > 3 || isBlank(cursor.rest)) return depth
    const text = cursor.rest.trimStart()
    if (startsLeaf(state, text, indent, depth, paragraph)) return -1
    if (state.stack.length >= DEPTH_LIMIT) return depth
    if (text.startsWith(">")) {
      settle(state, depth)
      closeLeaf(state)
      stepOverQuote(cursor)
      push(state, container("quote", state.ids++))
    } else if (!openNote(state, cursor, text, depth, paragraph) && !openItem(state, cursor, text, indent, depth, paragraph)) {
      return depth
    }
    depth = state.stack.length
  }
}

/**
 * Leaves of which the first line tells what they are.
 * @param {State} state
 * @param {string} text
 * @param {number} indent
 * @param {number} depth
 * @param {boolean} paragraph whether the line could continue a paragraph
 */
function startsLeaf(state, text, indent, depth, paragraph) {
  const heading = headingOf(text)
  if (heading) {
    settle(state, depth)
    add(state, { kind: "heading", id: state.ids++, open: state.trial === "growing", ...heading })
    return true
  }
  const fence = fenceOf(text, indent)
  if (fence) {
    settle(state, depth)
    openLeaf(state, "code", "").fence = fence
    return true
  }
  const formula = formulaOf(text)
  if (formula) {
    settle(state, depth)
    const leaf = openLeaf(state, "formula", formula.text)
    leaf.opener = formula.opener
    leaf.closer = formula.closed ? "" : formula.closer
    if (formula.closed) closeLeaf(state)
    return true
  }
  if (isRule(text) && !(paragraph && underlineLevel(text))) {
    settle(state, depth)
    add(state, { kind: "rule", id: state.ids++, open: false })
    return true
  }
  return false
}

/**
 * @param {State} state
 * @param {Cursor} cursor
 * @param {string} text
 * @param {number} depth
 * @param {boolean} paragraph
 */
function openNote(state, cursor, text, depth, paragraph) {
  const note = paragraph ? null : noteOf(text)
  if (!note || depth > 1) return false
  settle(state, depth)
  const node = container("note", state.ids++)
  node.indent = 4
  node.number = state.notes.length + 1
  if (state.trial !== "growing") state.references.defineNote(note.label, { number: node.number })
  push(state, node)
  cursor.rest = note.text
  return true
}

/**
 * @param {State} state
 * @param {Cursor} cursor
 * @param {string} text
 * @param {number} indent
 * @param {number} depth
 * @param {boolean} paragraph
 */
function openItem(state, cursor, text, indent, depth, paragraph) {
  const marker = markerOf(text)
  if (!marker) return false
  const after = text.slice(marker.width)
  if (paragraph && (isBlank(after) || (marker.ordered && marker.start !== 1))) return false
  const list = state.stack[depth - 1]
  const continues = list.kind === "list" && list.ordered === marker.ordered && list.sign === marker.sign
  settle(state, depth, continues)
  if (!continues) push(state, { ...container("list", state.ids++), ordered: marker.ordered, sign: marker.sign, start: marker.start })
  else if (state.gap) list.loose = true

  skip(cursor, indent)
  advance(cursor, marker.width)
  const space = indentation(cursor)
  const padding = isBlank(cursor.rest) || space > 4 ? 1 : space
  skip(cursor, padding)
  const task = taskOf(cursor.rest)
  if (task) cursor.rest = cursor.rest.slice(task.length)
  push(state, { ...container("item", state.ids++), indent: indent + marker.width + padding, done: task && task.done })
  state.gap = false
  return true
}

/** The paragraph that the line continues although it does not name its containers. @param {State} state @param {Cursor} cursor */
const lazyLeaf = (state, cursor) => state.leaf?.kind === "paragraph" && !isBlank(cursor.rest) ? state.leaf : null

/**
 * Close everything that the line does not belong to.
 * @param {State} state
 * @param {number} depth
 * @param {boolean} [keepList] an item of the list on top comes next
 */
function settle(state, depth, keepList = false) {
  if (state.stack.length > depth) closeLeaf(state)
  while (state.stack.length > depth) closeContainer(state)
  if (!keepList && state.stack[state.stack.length - 1].kind === "list") {
    closeLeaf(state)
    closeContainer(state)
  }
}

/** @param {State} state */
function passBlank(state) {
  const leaf = state.leaf
  if (leaf?.kind === "code") leaf.blanks++
  else closeLeaf(state)
  state.gap = true
}

/** @param {State} state @param {Cursor} cursor a line that is not blank */
function placeText(state, cursor) {
  const leaf = state.leaf
  const indent = indentation(cursor)
  const text = cursor.rest.trim()
  if (leaf?.kind === "code") {
    if (indent < 4) closeLeaf(state)
    else {
      for (; leaf.blanks > 0; leaf.blanks--) appendCode(leaf, "")
      skip(cursor, 4)
      return appendCode(leaf, cursor.rest)
    }
  }
  if (leaf?.kind === "table") return appendRow(leaf, text)
  if (leaf?.kind === "paragraph") return continueParagraph(state, leaf, cursor, indent, text)
  if (indent > 3) {
    skip(cursor, 4)
    return appendCode(openLeaf(state, "code", ""), cursor.rest)
  }
  const definition = definitionOf(text)
  if (definition) {
    if (state.trial !== "growing") state.references.define(definition.label, definition, state.trial === "last")
    return undefined
  }
  if (!isRaw(text)) openLeaf(state, "paragraph", cursor.rest.trimStart())
  else {
    openLeaf(state, "raw", cursor.rest).opener = text.startsWith("<!--") ? "<!--" : ""
    endComment(state, text)
  }
}

/** A comment ends with its line. @param {State} state @param {string} line */
function endComment(state, line) {
  if (state.leaf?.opener === "<!--" && line.includes("-->")) closeLeaf(state)
}

/**
 * @param {State} state
 * @param {Leaf} leaf
 * @param {Cursor} cursor
 * @param {number} indent
 * @param {string} text
 */
function continueParagraph(state, leaf, cursor, indent, text) {
  const level = indent < 4 && !leaf.pieces.length ? underlineLevel(text) : 0
  if (level) {
    state.leaf = null
    return add(state, { kind: "heading", id: leaf.id, open: false, level, text: leaf.text.trim() })
  }
  const start = leaf.text.lastIndexOf("\n") + 1
  const head = leaf.text.slice(start)
  if (indent < 4 && isDelimiter(text, head)) {
    leaf.text = leaf.text.slice(0, Math.max(0, start - 1))
    if (!leaf.text && !leaf.pieces.length) state.leaf = null
    const table = openLeaf(state, "table", "")
    table.head = head.trim()
    table.delimiter = text
    return undefined
  }
  appendText(leaf, cursor.rest.trimStart())
}

/** @param {Container["kind"]} kind @param {number} id @returns {Container} */
function container(kind, id) {
  return { kind, id, parts: [], indent: 0, ordered: false, sign: "", start: 1, loose: false, done: null, number: 0 }
}

/** @param {State} state @param {Container} node */
function push(state, node) {
  noticeGap(state)
  closeLeaf(state)
  state.stack.push(node)
}

/** @param {State} state @param {Leaf["kind"]} kind @param {string} text @returns {Leaf} */
function openLeaf(state, kind, text) {
  noticeGap(state)
  closeLeaf(state)
  state.leaf = startLeaf(kind, state.ids++, text)
  return state.leaf
}

/** A blank line between two blocks of an item makes its list loose. @param {State} state */
function noticeGap(state) {
  const top = state.stack[state.stack.length - 1]
  if (state.gap && top.kind === "item" && top.parts.length) state.stack[state.stack.length - 2].loose = true
  state.gap = false
}

/** @param {State} state @param {Block} block */
function add(state, block) {
  noticeGap(state)
  closeLeaf(state)
  append(state.stack[state.stack.length - 1], block)
}

/** Parts are never changed, only replaced: a view may hold them. @param {Container} node @param {Block} block */
function append(node, block) {
  const last = node.parts[node.parts.length - 1]
  if (!last || last.length >= PART_SIZE) node.parts.push([block])
  else node.parts[node.parts.length - 1] = [...last, block]
}

/** @param {State} state @param {boolean} [open] */
function closeLeaf(state, open = false) {
  const leaf = state.leaf
  if (!leaf) return
  state.leaf = null
  append(state.stack[state.stack.length - 1], leafBlock(leaf, open))
}

/** @param {State} state @param {boolean} [open] */
function closeContainer(state, open = false) {
  closeLeaf(state, open)
  const node = /** @type {Container} */ (state.stack.pop())
  const block = containerBlock(node, open)
  if (block.kind === "note") state.notes = [...state.notes, block]
  else append(state.stack[state.stack.length - 1], block)
}

/** @param {Container} node @param {boolean} open @returns {Block} */
function containerBlock({ kind, id, parts, ordered, start, loose, done, number }, open) {
  if (kind === "list") return { kind, id, open, ordered, start, loose, parts }
  if (kind === "item") return { kind, id, open, done, parts }
  if (kind === "note") return { kind, id, open, number, parts }
  return { kind: "quote", id, open, parts }
}
