/** What is typed after a slash, what it finds, and the places to fill in. Pure. */

/** @typedef {{ id: string, names: string[], title: string, more: string }} Entry */

/** As server/library.py reads them. */
const PLACE = /\{\{[ \t]*([^{}\s](?:[^{}\n]{0,58}[^{}\s])?)[ \t]*\}\}/g

/** The word after a slash that begins a line, if one is being typed there. @param {string} text @param {number} caret @returns {{ from: number, word: string } | null} */
export function slashed(text, caret) {
  const line = text.slice(text.lastIndexOf("\n", caret - 1) + 1, caret)
  const found = /^[ \t]*\/([^\s/]*)$/.exec(line)
  return found && { from: caret - found[1].length - 1, word: found[1] }
}

/** Those whose name begins so, then those that have it somewhere. @template {Entry} T @param {T[]} entries @param {string} word */
export function matching(entries, word) {
  const sought = plain(word)
  const rank = (/** @type {T} */ { names, title }) => {
    if (names.some(name => plain(name).startsWith(sought))) return 0
    return [...names, title].some(name => plain(name).includes(sought)) ? 1 : 2
  }
  return entries.map(entry => ({ entry, at: rank(entry) })).filter(({ at }) => at < 2).sort((a, b) => a.at - b.at).map(({ entry }) => entry)
}

/** @param {string} text */
const plain = text => text.toLocaleLowerCase().replaceAll("ё", "е")

/** The names of the places, each once. @param {string} text */
export const variables = text => [...new Set(Array.from(text.matchAll(PLACE), found => found[1]))]

/** The place after this position, or before it. @param {string} text @param {number} at @param {boolean} [back] @returns {[number, number] | null} */
export function nextPlace(text, at, back = false) {
  const places = Array.from(text.matchAll(PLACE), found => /** @type {[number, number]} */ ([found.index, found.index + found[0].length]))
  return (back ? places.findLast(([, end]) => end <= at) : places.find(([start]) => start >= at)) ?? null
}
