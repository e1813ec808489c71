/** A worker: code -> markup of highlight.js, one language file after another as they are asked for. */
import hljs from "../../vendor/highlight/core.min.js"
import { cutMarkup } from "./pieces.js"

/** @param {MessageEvent<{ id: number, file: string, pieces: string[] }>} event */
self.onmessage = async ({ data: { id, file, pieces } }) => {
  let result = null
  try {
    if (!hljs.getLanguage(file)) hljs.registerLanguage(file, (await import(`../../vendor/highlight/languages/${file}.min.js`)).default)
    const { value } = hljs.highlight(pieces.join(""), { language: file, ignoreIllegals: true })
    result = cutMarkup(value, pieces.map(piece => piece.length))
  } catch {
    // No such file, or a rule that fails on this code: it stays plain.
  }
  self.postMessage({ id, result })
}
