/** Words: tokens -> elements. Text only ever becomes text nodes; what may not be a link or a picture is shown as it was written. */
import { Component, html } from "../view.js"
import { t } from "../i18n.js"
import { inline, linkTarget, pictureTarget, splitHidden } from "../markdown.js"
import { decode } from "../markdown/entities.js"
import { misleads } from "../markdown/links.js"
import { root } from "../root.js"
import { Formula } from "./formula.js"

/** @import { Token } from "../markdown/inline.js" */
/** @import { References } from "../markdown/references.js" */

/** Deeper nesting is shown as it was written. */
const DEPTH_LIMIT = 30
const REL = "noopener noreferrer nofollow"

/** @typedef {{ references: References, name: string, shift: number }} Scope what belongs to one text; `name` makes its ids its own, its headings stand `shift` levels lower */
/** @typedef {{ text: string, scope: Scope, open?: boolean }} Props */

/**
 * One run of words; read again only when it changes or a definition arrives that it waited for.
 * @extends {Component<Props>}
 */
export class Inline extends Component {
  /** @type {string[]} */
  missing = []
  /** @type {(() => void) | null} */
  leave = null

  componentDidMount() {
    this.wait()
  }

  componentDidUpdate() {
    this.wait()
  }

  componentWillUnmount() {
    this.leave?.()
  }

  /** @param {Props} next @param {object} state a new one when the language changes */
  shouldComponentUpdate(next, state) {
    return state !== this.state || next.text !== this.props.text || next.open !== this.props.open || next.scope !== this.props.scope
  }

  wait() {
    this.leave?.()
    this.leave = null
    if (!this.missing.length) return
    const { references } = this.props.scope
    if (this.missing.some(label => references.has(label))) this.forceUpdate()
    else this.leave = references.wait(this.missing, () => this.forceUpdate())
  }

  render() {
    const { text, scope, open } = this.props
    const { tokens, missing } = inline(text, scope.references, open)
    this.missing = missing
    return draw(tokens, scope, 0, false)
  }
}

/** @param {string} text */
export function visible(text) {
  const pieces = splitHidden(text)
  if (pieces.length === 1) return text
  return pieces.map((piece, i) => i % 2 ? html`<span key=${i} class="hidden-character" title=${t("markdown.hidden", { code: piece })}>${piece}</span>` : piece)
}

/**
 * @param {Token[]} tokens
 * @param {Scope} scope
 * @param {number} depth
 * @param {boolean} inLink
 * @returns {any[]}
 */
function draw(tokens, scope, depth, inLink) {
  return tokens.map((token, i) => drawToken(token, i, scope, depth, inLink))
}

/** @param {Token} token @param {number} key @param {Scope} scope @param {number} depth @param {boolean} inLink */
function drawToken(token, key, scope, depth, inLink) {
  if (depth > DEPTH_LIMIT) return visible(token.raw)
  const inner = () => token.tokens?.length ? draw(token.tokens, scope, depth + 1, inLink) : visible(decode(token.text ?? ""))
  switch (token.type) {
    case "strong": return html`<strong key=${key}>${inner()}</strong>`
    case "em": return html`<em key=${key}>${inner()}</em>`
    case "del": return html`<del key=${key}>${inner()}</del>`
    case "codespan": return html`<code key=${key}>${visible(token.text ?? "")}</code>`
    case "br": return html`<br key=${key} />`
    case "escape": return visible(token.text ?? "")
    case "text": return inner()
    case "formula": return html`<${Formula} key=${key} source=${token.text} display=${token.display} />`
    case "note": return note(token, key, scope)
    case "link": return link(token, key, scope, depth, inLink)
    case "image": return picture(token, key, inLink)
    // Raw HTML is text. A line break is the one tag that tables cannot do without, and it has nothing to say but that.
    default: return /^<br\s*\/?>$/i.test(token.raw) ? html`<br key=${key} />` : visible(token.raw)
  }
}

/** @param {Token} token @param {number} key @param {Scope} scope @param {number} depth @param {boolean} inLink */
function link(token, key, scope, depth, inLink) {
  const words = token.tokens ? draw(token.tokens, scope, depth + 1, true) : visible(token.text ?? "")
  const address = token.href ?? ""
  const target = linkTarget(address)
  if (!target || inLink) {
    const isSaid = token.autolink || inLink || decode(token.text ?? "") === decode(address)
    return html`<span key=${key} class="link-refused">${words}${!isSaid && html` <code>${visible(decode(address))}</code>`}</span>`
  }
  if (target.guide) return html`<a key=${key} href=${new URL(target.href, root).href} target="_blank">${words}</a>`
  if (target.inside) return html`<a key=${key} href=${target.href}>${words}</a>`
  const title = [t("link.opens", { host: target.host }), token.title && decode(token.title)].filter(Boolean).join("\n")
  const definition = /^\[[^[\]]+\]$/.test(token.raw) ? scope.references.links[(token.text ?? "").toLowerCase()] : undefined
  if (definition?.source) return html`<a key=${key} class="cite" href=${target.href} target="_blank" rel=${REL} title=${title}>${words}</a>`
  const host = misleads(token.text ?? "", target) && html`<span class="link-host"> (${target.host})</span>`
  return html`<a key=${key} class="link" href=${target.href} target="_blank" rel=${REL} title=${title} data-host=${target.host}>${words}</a>${host}`
}

/** @param {Token} token @param {number} key @param {boolean} inLink */
function picture(token, key, inLink) {
  const words = decode(token.text ?? "")
  const target = pictureTarget(token.href ?? "")
  if (target && "data" in target) return html`<img key=${key} class="picture" src=${target.data} alt=${words} />`
  if (!target || inLink) return html`<span key=${key} class="link-refused">${visible(words)} <code>${visible(decode(token.href ?? ""))}</code></span>`
  const { href } = target.remote
  return html`
    <button key=${key} type="button" class="picture-remote" title=${t("image.remote", { host: target.remote.host })} onClick=${() => window.open(href, "_blank", "noopener,noreferrer")}>
      <span class="picture-remote__words">${visible(words) || t("image.untitled")}</span>
      <span class="picture-remote__address">${visible(href)}</span>
    </button>`
}

/** @param {Token} token @param {number} key @param {Scope} scope */
function note(token, key, scope) {
  const found = scope.references.note(token.label ?? "")
  if (!found) return visible(token.raw)
  return html`<sup key=${key} class="note-mark"><a href=${`#${scope.name}-${found.number}`} onClick=${goToNote}>${found.number}</a></sup>`
}

/** The page's address says which conversation is open; a footnote leaves it alone. @param {MouseEvent} event */
function goToNote(event) {
  const link = /** @type {HTMLAnchorElement} */ (event.currentTarget)
  const note = document.getElementById(link.hash.slice(1))
  if (!note) return
  event.preventDefault()
  note.scrollIntoView({ block: "nearest" })
  note.focus({ preventScroll: true })
}
