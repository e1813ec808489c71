/** A formula: its source at first and whenever it cannot be drawn, MathML when KaTeX has come. */
import { Component, html } from "../view.js"
import { formulaTree } from "../markdown/formula.js"
import { whenIdle } from "../idle.js"
import { Still } from "../still.js"

/** @typedef {import("../markdown/formula.js").Tree} Tree */

/** @typedef {{ source: string, display?: boolean, open?: boolean }} Props `open`: still being written, show the source */

/** @extends {Component<Props, { tree: Tree | null, of: string }>} */
export class Formula extends Component {
  static contextType = Still
  state = { tree: /** @type {Tree | null} */ (null), of: "" }
  gone = false

  componentDidMount() {
    this.draw()
  }

  /** @param {Props} before */
  componentDidUpdate(before) {
    if (before.source !== this.props.source || before.open !== this.props.open) this.draw()
  }

  componentWillUnmount() {
    this.gone = true
  }

  /** @param {Props} next @param {{ tree: Tree | null }} state */
  shouldComponentUpdate(next, state) {
    return next.source !== this.props.source || next.open !== this.props.open || state.tree !== this.state.tree
  }

  draw() {
    if (this.props.open) return
    const { source, display = false } = this.props
    const later = this.context ? (/** @type {() => void} */ work) => work() : whenIdle
    const drawn = formulaTree(source, display).then(tree => tree && later(() => {
      if (!this.gone) this.setState({ tree, of: source })
    }))
    this.context?.wait(drawn)
  }

  render() {
    const { source, display, open } = this.props
    const { tree, of } = this.state
    const shown = tree && of === source && !open ? elements(tree) : html`<code class="formula__source">${source}</code>`
    return display
      ? html`<span class="formula formula--display" tabindex="0">${shown}</span>`
      : html`<span class="formula">${shown}</span>`
  }
}

/** @param {Tree} tree @returns {any} */
function elements(tree) {
  if (typeof tree === "string") return tree
  return html`<${tree.type} ...${tree.attributes}>${tree.children.map(elements)}<//>`
}
