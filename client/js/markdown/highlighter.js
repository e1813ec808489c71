/** A worker: code -> markup of highlight.js, one language file after another as they are asked for. */
import hljs from "../../vendor/highlight/core.min.js"
import { cutMarkup } from "./pieces.js"

/** @param {MessageEvent<{ id: number, file: string, pieces: string[] }>} event */
self.onmessage = async ({ data: { id, file, pieces } }) => {
  try {
    if (!hljs.getLanguage(file)) hljs.registerLanguage(file, (await import(`../../vendor/highlight/languages/${file}.min.js`)).default)
    const { value } = hljs.highlight(pieces.join(""), { language: file, ignoreIllegals: true })
    self.postMessage({ id, parts: cutMarkup(value, pieces.map(piece => piece.length)) })
  } catch {
    self.postMessage({ id, parts: null })
  }
}
