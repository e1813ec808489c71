/** Where a link or a picture of a text may lead. What is not allowed here is shown as text. */
import { decode } from "./entities.js"

const PICTURE_DATA = /^data:image\/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/

/** A section of the product's own guide, relative to the application's root: what «Помощник» links to. */
const GUIDE = /^help\/(?:ru|en)\/[a-z-]+\.md(?:#[\p{L}\p{N}_-]+)?$/u

/**
 * @typedef {{ href: string, host: string, inside: boolean, guide?: boolean }} Target
 *   `host`: what the reader should see; `inside`: a place on this page; `guide`: relative to the application's root
 */

/**
 * @param {string} address as it stands in the text
 * @returns {Target | null} null: not allowed
 */
export function linkTarget(address) {
  const plain = decode(address)
  if (/^#[\p{L}\p{N}._~-]+$/u.test(plain)) return { href: plain, host: plain, inside: true }
  if (GUIDE.test(plain)) return { href: plain, host: "", inside: true, guide: true }
  // eslint-disable-next-line no-control-regex
  if (!/^(?:https?:\/\/|mailto:)[^\s\u0000-\u0020\u007f\\]+$/i.test(plain)) return null
  try {
    const url = new URL(plain)
    const host = url.protocol === "mailto:" ? decodeSafely(url.pathname) : url.host
    return host ? { href: url.href, host, inside: false } : null
  } catch {
    return null
  }
}

/**
 * @param {string} address
 * @returns {{ data: string } | { remote: Target } | null} `data` may be shown at once, `remote` only be opened by a click
 */
export function pictureTarget(address) {
  if (PICTURE_DATA.test(address)) return { data: address }
  const target = linkTarget(address)
  return target && !target.inside && /^https?:/.test(target.href) ? { remote: target } : null
}

/** Whether words that look like an address name another host than the link leads to. @param {string} words @param {Target} target */
export function misleads(words, target) {
  const named = /^\s*(?:https?:\/\/)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?=[/:?#\s]|$)/iu.exec(words)
  return Boolean(named) && !target.inside && !target.host.toLowerCase().endsWith(/** @type {RegExpExecArray} */ (named)[1].toLowerCase().replace(/^www\./, ""))
}

/** @param {string} text */
function decodeSafely(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
