/** The sources of an answer, as numbered chips. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { root } from "../root.js"

/** @import { Citation } from "../chat.js" */

/** @param {{ citations: Citation[] }} props */
export function Citations({ citations }) {
  const safe = citations.flatMap(citation => {
    const url = parse(citation.url)
    return url ? [{ ...citation, url }] : []
  })
  if (!safe.length) return null
  return html`
    <ol class="citations" aria-label=${t("answer.sources")}>
      ${safe.map(({ url, title }, index) => html`
        <li key=${index}>
          <a class="citation" href=${url.href} target="_blank" rel="noopener noreferrer nofollow" title=${url.href}>
            <b>${index + 1}</b><span class="citation__title">${title || url.pathname}</span>
            ${url.host !== location.host && html`<small>${url.host}</small>`}
          </a>
        </li>`)}
    </ol>
  `
}

/** A source is a web page, or a page of our own; nothing else becomes a link. @param {string} text @returns {URL | null} */
function parse(text) {
  try {
    const url = new URL(text, root)
    return ["http:", "https:"].includes(url.protocol) ? url : null
  } catch {
    return null
  }
}
