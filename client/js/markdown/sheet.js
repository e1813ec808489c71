/** A table as text for spreadsheets. What a spreadsheet would take for a formula is told not to be one. */

/** Ordinary and full-width signs that begin a formula; tab and line break, behind which one may stand. */
const FORMULA = /^\s*[=+\-@\t\r\n＝＋－＠]/
const NUMBER = /^[+-]?\d[\d\s.,'’]*%?$/

/** @param {string[][]} rows */
export const toTsv = rows => rows.map(row => row.map(text => guarded(text).replace(/[\t\n\r]/g, " ")).join("\t")).join("\n")

/**
 * @param {string[][]} rows
 * @param {string} separator "," or, where numbers have a decimal comma, ";"
 */
export function toCsv(rows, separator) {
  const cell = (/** @type {string} */ text) => /["\n\r]/.test(text) || text.includes(separator) ? `"${text.replaceAll("\"", "\"\"")}"` : text
  // With the mark at its beginning every spreadsheet reads UTF-8.
  return `\ufeff${rows.map(row => row.map(text => cell(guarded(text))).join(separator)).join("\r\n")}\r\n`
}

/** @param {string} text */
function guarded(text) {
  const bare = text.replace(/<br\s*\/?>/gi, "\n")
  return FORMULA.test(bare) && !NUMBER.test(bare.trim()) ? `'${bare}` : bare
}
