/** A text with what was looked for marked in it. The server names places in code points; the text is never markup. */
import { html } from "../view.js"

/** @param {{ text: string, ranges: [number, number][] }} props */
export function Marked({ text, ranges }) {
  return html`${cut(text, ranges).map(({ part, marked }) => (marked ? html`<mark>${part}</mark>` : part))}`
}

/**
 * @param {string} text @param {[number, number][]} ranges in order, not overlapping; what is no place in the text is left out
 * @returns {{ part: string, marked: boolean }[]}
 */
export function cut(text, ranges) {
  const letters = Array.from(text)
  const parts = []
  let at = 0
  for (const [start, end] of ranges) {
    if (start < at || end <= start || end > letters.length) continue
    if (start > at) parts.push({ part: letters.slice(at, start).join(""), marked: false })
    parts.push({ part: letters.slice(start, end).join(""), marked: true })
    at = end
  }
  if (at < letters.length) parts.push({ part: letters.slice(at).join(""), marked: false })
  return parts
}
