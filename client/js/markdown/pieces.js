/** Cuts the markup of highlight.js where the pieces of its code end: each part is whole in itself. */

const TOKEN = /<span class="[^"]*">|<\/span>|&(?:amp|lt|gt|quot|#x27);|[^<&]+/g

/**
 * @param {string} markup spans and escaped text only, as highlight.js writes it
 * @param {number[]} lengths of the pieces, in characters of the text
 * @returns {string[]}
 */
export function cutMarkup(markup, lengths) {
  /** @type {string[]} */
  const open = []
  const parts = []
  let part = ""
  let room = lengths[0] ?? Infinity

  const turnPage = () => {
    parts.push(part + "</span>".repeat(open.length))
    part = open.join("")
    room = lengths[parts.length] ?? Infinity
  }

  for (const [token] of markup.matchAll(TOKEN)) {
    if (token.startsWith("<span")) open.push(token)
    if (token === "</span>") open.pop()
    if (token[0] === "<") {
      part += token
      continue
    }
    let text = token
    const isEntity = token[0] === "&"
    while (room < (isEntity ? 1 : text.length)) {
      part += text.slice(0, room)
      text = text.slice(room)
      turnPage()
    }
    room -= isEntity ? 1 : text.length
    part += text
  }
  parts.push(part + "</span>".repeat(open.length))
  return parts
}
