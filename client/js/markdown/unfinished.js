/** The end of a text that is still being written, made presentable: open marks are closed, half a link shows its words. */

/** @typedef {{ sign: string, at: number, end: number }} Mark an opened emphasis */

/**
 * One walk over the text; only its end can change.
 * @param {string} text
 * @returns {string}
 */
export function mend(text) {
  /** @type {Mark[]} */
  const open = []
  /** @type {number[]} */
  const brackets = []
  for (let i = 0; i < text.length;) {
    const sign = text[i]
    if (sign === "\\") {
      if (text[i + 1] === "(" || text[i + 1] === "[") {
        const end = text.indexOf(text[i + 1] === "(" ? "\\)" : "\\]", i + 2)
        if (end < 0) return finish(text.slice(0, i) + asCode(text.slice(i + 2)), open)
        i = end
      }
      if (i + 1 >= text.length) return finish(text.slice(0, i), open)
      i += 2
    } else if (sign === "`") {
      const run = runLength(text, i)
      const end = closingRun(text, i + run, run)
      if (end < 0) return finish(text.slice(0, i) + (i + run < text.length ? `${"`".repeat(run)}${text.slice(i + run).replace(/`+$/, "")}${"`".repeat(run)}` : ""), open)
      i = end
    } else if (sign === "$" && text[i + 1] === "$") {
      const end = text.indexOf("$$", i + 2)
      if (end < 0) return finish(text.slice(0, i) + asCode(text.slice(i + 2)), open)
      i = end + 2
    } else if (sign === "*" || sign === "_" || sign === "~") {
      const run = runLength(text, i)
      turn(open, text, i, run)
      i += run
    } else if (sign === "[") {
      brackets.push(i++)
    } else if (sign === "]") {
      const start = brackets.pop()
      i++
      if (start === undefined) continue
      if (i === text.length) return finish(withoutBracket(text, start), open)
      if (text[i] === "(") {
        const end = closingParenthesis(text, i)
        if (end < 0) return finish(withoutBracket(text.slice(0, i), start), open)
        i = end
      }
    } else {
      i++
    }
  }
  const start = brackets.pop()
  return finish(start === undefined ? text.replace(/<(?:b|br|br\s?\/?)?$/i, "") : withoutBracket(text, start), open)
}

/**
 * Note an emphasis that opens or closes here.
 * @param {Mark[]} open
 * @param {string} text
 * @param {number} at
 * @param {number} run
 */
function turn(open, text, at, run) {
  const before = text[at - 1] ?? " "
  const after = text[at + run] ?? " "
  const sign = text[at]
  const inWord = sign === "_" && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after)
  if (inWord || run > 3 || (sign === "~" && run > 2)) return
  const last = open[open.length - 1]
  if (!/\s/.test(before) && last && last.sign[0] === sign) {
    let rest = run
    while (rest > 0 && open.length && open[open.length - 1].sign[0] === sign && open[open.length - 1].sign.length <= rest) {
      rest -= /** @type {Mark} */ (open.pop()).sign.length
    }
    if (rest < run) return
  }
  if (/\s/.test(after) && at + run < text.length) return
  if (run === 3) open.push({ sign, at, end: at + 1 }, { sign: sign.repeat(2), at: at + 1, end: at + 3 })
  else open.push({ sign: sign.repeat(run), at, end: at + run })
}

/**
 * Close what is open; a mark with nothing behind it is left out.
 * @param {string} text
 * @param {Mark[]} open
 */
function finish(text, open) {
  const bare = text.trimEnd()
  let end = bare.length
  const marks = open.filter(mark => mark.at < end)
  while (marks.length && marks[marks.length - 1].end >= end) end = /** @type {Mark} */ (marks.pop()).at
  // Half of a closing mark: `**words*`
  const last = marks[marks.length - 1]
  if (last && last.sign.length === 2 && bare[end - 1] === last.sign[0] && bare[end - 2] !== last.sign[0]) end--
  const closers = marks.reverse().map(mark => mark.sign).join("")
  return closers || end < bare.length ? bare.slice(0, end).trimEnd() + closers : text
}

/** @param {string} text @param {number} start of the bracket; a picture goes altogether, a link leaves its words */
function withoutBracket(text, start) {
  if (text[start - 1] === "!") return text.slice(0, start - 1)
  if (text[start + 1] === "^") return text.slice(0, start)
  return text.slice(0, start) + text.slice(start + 1).replace(/\]$/, "")
}

/** @param {string} source of a formula that is not complete */
function asCode(source) {
  const bare = source.replaceAll("`", "").replace(/\s+/g, " ").trim()
  return bare && `\`${bare}\``
}

/** @param {string} text @param {number} at */
function runLength(text, at) {
  let end = at
  while (text[end] === text[at]) end++
  return end - at
}

/** @param {string} text @param {number} from @param {number} length */
function closingRun(text, from, length) {
  for (let i = text.indexOf("`", from); i >= 0; i = text.indexOf("`", i)) {
    const run = runLength(text, i)
    i += run
    if (run === length) return i
  }
  return -1
}

/** @param {string} text @param {number} at */
function closingParenthesis(text, at) {
  let depth = 0
  for (let i = at; i < text.length; i++) {
    if (text[i] === "\\") i++
    else if (text[i] === "(") depth++
    else if (text[i] === ")" && --depth === 0) return i + 1
  }
  return -1
}
