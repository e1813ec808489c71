/**
 * Characters that nobody sees but that turn text around or carry a hidden message: they are shown by their number.
 * What writing needs is left alone: joiners between letters of scripts that use them and inside emoji, the tags of a flag.
 */

const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u
const RUN = new RegExp(`(${HIDDEN.source})`, "u")
const JOINED_SCRIPTS = /[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Mongolian}]\p{M}*$/u
const EMOJI_END = /[\p{Extended_Pictographic}\u{1f3fb}-\u{1f3ff}]\ufe0f?$/u
const FLAG = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{2,6}\u{e007f}/gu
/** Stands for the tags of a flag while the rest is looked at. */
const FLAG_MARK = "\uf8ff"

/** @param {string} text */
export const hasHidden = text => HIDDEN.test(text) && splitHidden(text).length > 1

/**
 * The text in pieces: visible ones at even places, the numbers of hidden characters ("U+202E") at odd places.
 * @param {string} text
 * @returns {string[]}
 */
export function splitHidden(text) {
  if (!HIDDEN.test(text)) return [text]
  /** @type {string[]} */
  const flags = []
  const pieces = text.replace(FLAG, flag => { flags.push(flag); return FLAG_MARK.repeat(2) }).split(RUN)
  /** @type {string[]} */
  const shown = [""]
  pieces.forEach((piece, i) => {
    if (i % 2 && !isJoiner(piece, pieces[i - 1], pieces[i + 1])) shown.push(numberOf(piece), "")
    else shown[shown.length - 1] += piece
  })
  return flags.length ? shown.map(piece => piece.replaceAll(FLAG_MARK.repeat(2), () => flags.shift() ?? "")) : shown
}

/** @param {string} sign @param {string} before @param {string} after */
function isJoiner(sign, before, after) {
  if (sign === "\u200d" && EMOJI_END.test(before) && /^\p{Extended_Pictographic}/u.test(after)) return true
  return (sign === "\u200c" || sign === "\u200d") && JOINED_SCRIPTS.test(before)
}

/** @param {string} sign */
const numberOf = sign => `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`
