/** A block of code: language, preview, wrap, download, copy, folding when it is long; colours come when it is finished and in sight. */
import { Component, html, lazy } from "../view.js"
import { copyText } from "../clipboard.js"
import { t } from "../i18n.js"
import { Still } from "../still.js"
import { hasHidden } from "../markdown/hidden.js"
import { whenIdle } from "../idle.js"
import { languageFile, previewed } from "../markdown/languages.js"
import { whenNear } from "../markdown/near.js"
import { Icon } from "./icon.js"
import { visible } from "./inline.js"

/** @import { CodeBlock } from "../markdown/leaves.js" */

/** Longer code is folded. Lines. */
const FOLD = 40
/** Milliseconds for which the button says that it worked. */
const SAID = 1_500

const Preview = lazy(() => import("./preview.js").then(file => file.Preview), ["preview"])

/** @typedef {{ block: CodeBlock }} Props */
/** @typedef {{ wrap: boolean, full: boolean, copied: boolean, shown: boolean }} State */

/** @extends {Component<Props, State>} */
export class Code extends Component {
  static contextType = Still
  state = { wrap: false, full: false, copied: false, shown: false }
  /** Wait no longer until it is in sight. @type {(() => void) | null} */
  leave = null
  /** The pieces that were asked to be coloured. @type {string[] | null} */
  asked = null
  /** Elements that were painted are replaced when the code goes on growing. */
  epoch = 0
  /** @type {Element | null} */
  figure = null
  /** @param {Element | null} element */
  keep = element => { this.figure = element }

  componentDidMount() {
    this.watch()
  }

  componentDidUpdate() {
    this.watch()
  }

  componentWillUnmount() {
    this.leave?.()
  }

  /** @param {Props} next @param {State} state */
  shouldComponentUpdate(next, state) {
    if (this.asked && !sameTexts(this.asked, next.block.pieces)) {
      this.asked = null
      this.epoch++
    }
    return next.block !== this.props.block || state !== this.state
  }

  watch() {
    const { open, language, pieces } = this.props.block
    if (open || this.asked || this.leave || !languageFile(language) || pieces.some(hasHidden)) return
    if (this.context) return this.context.wait(this.colour())
    if (this.figure) this.leave = whenNear(this.figure, () => {
      this.leave = null
      void this.colour()
    })
  }

  async colour() {
    const { language, pieces, open } = this.props.block
    if (open || this.asked) return
    this.asked = pieces
    const { highlight } = await import("../markdown/highlight.js")
    const paint = await highlight(language, pieces)
    if (!paint) return
    const later = this.context ? (/** @type {() => void} */ work) => work() : whenIdle
    pieces.forEach((_, i) => later(() => {
      const part = this.figure?.querySelectorAll(".code__part")[i]
      if (this.asked === pieces && part) paint(part, i)
    }))
  }

  async copy() {
    if (!await copyText(this.props.block.pieces.join(""))) return
    this.setState({ copied: true })
    setTimeout(() => this.setState({ copied: false }), SAID)
  }

  async save() {
    const [{ saveText }, { fileName }] = await Promise.all([import("../download.js"), import("../markdown/files.js")])
    const { language, pieces } = this.props.block
    saveText(fileName(language), pieces.join(""))
  }

  render() {
    const { block: { language, pieces, lines, open } } = this.props
    const { wrap, full, copied, shown } = this.state
    const kind = open ? undefined : previewed(language, pieces[0] ?? "")
    const isShown = shown && kind !== undefined
    const isStill = Boolean(this.context)
    const isLong = lines > FOLD && !isShown && !isStill
    const classes = ["code", wrap ? "code--wrap" : "", isLong && !full ? "code--folded" : "", isShown ? "code--shown" : ""]
    return html`
      <figure ref=${this.keep} class=${classes.filter(Boolean).join(" ")}>
        <figcaption class="code__head">
          <span class="code__language">${visible(language.slice(0, 32)) || t("code.plain")}</span>
          ${!isStill && html`
          ${kind && html`<button type="button" class="code__show" onClick=${() => this.setState({ shown: !shown })}><${Icon} name=${isShown ? "code" : "eye"} />${t(isShown ? "preview.hide" : "preview.show")}</button>`}
          ${!isShown && tool("wrap", t("code.wrap"), () => this.setState({ wrap: !wrap }), wrap)}
          ${tool("download", t("code.download"), () => this.save())}
          ${tool(copied ? "check" : "copy", t(copied ? "code.copied" : "code.copy"), () => this.copy())}`}
        </figcaption>
        ${isShown && html`<${Preview} kind=${kind} source=${pieces.join("")} />`}
        <pre class="code__body" tabindex="0" hidden=${isShown}><code>${pieces.map((text, i) => html`<${Part} key=${`${this.epoch}.${i}`} text=${text} />`)}</code></pre>
        ${isLong && html`
          <button type="button" class="code__more" aria-expanded=${full} onClick=${() => this.setState({ full: !full })}>
            ${full ? t("code.show_less") : t("code.show_all", { count: lines })}
          </button>`}
      </figure>`
  }
}

/** @param {string} icon @param {string} label @param {() => void} onClick @param {boolean} [pressed] */
const tool = (icon, label, onClick, pressed) => html`
  <button type="button" class="code__tool" aria-label=${label} title=${label} aria-pressed=${pressed} onClick=${onClick}><${Icon} name=${icon} /></button>`

/** @extends {Component<{ text: string }>} */
class Part extends Component {
  /** @param {{ text: string }} next */
  shouldComponentUpdate(next) {
    return next.text !== this.props.text
  }

  render() {
    return html`<span class="code__part">${visible(this.props.text)}</span>`
  }
}

/** @param {string[]} one @param {string[]} other */
const sameTexts = (one, other) => one === other || (one.length === other.length && one.every((text, i) => text === other[i]))
