/** A table: scrolls by itself, can be copied for a spreadsheet and saved as CSV; rows are drawn in groups that never change once they are full. */
import { Component, html } from "../view.js"
import { copyText } from "../clipboard.js"
import { number, t } from "../i18n.js"
import { tableCells } from "../markdown/inline.js"
import { Still } from "../still.js"
import { Inline } from "./inline.js"

/** @import { TableBlock } from "../markdown/leaves.js" */
/** @import { Scope } from "./inline.js" */

/** Milliseconds for which the button says that it worked. */
const SAID = 1_500
/** Groups of rows (of markdown/scanner.js) that are drawn before somebody asks for all: a browser lays a table out as a whole. */
const FOLD = 8
const ALIGNED = new Set(["left", "center", "right"])

/** @typedef {{ block: TableBlock, scope: Scope }} Props */

/** @extends {Component<Props, { copied: boolean, full: boolean }>} */
export class Table extends Component {
  static contextType = Still
  state = { copied: false, full: false }

  /** What stands in it, as it was written. */
  cells() {
    const { head, delimiter, pieces } = this.props.block
    const { head: names = [], rows = [] } = tableCells(head, delimiter, pieces.join("\n")) ?? {}
    return [names, ...rows]
  }

  async copy() {
    if (!await copyText(import("../markdown/sheet.js").then(({ toTsv }) => toTsv(this.cells())))) return
    this.setState({ copied: true })
    setTimeout(() => this.setState({ copied: false }), SAID)
  }

  async save() {
    const [{ toCsv }, { saveText }] = await Promise.all([import("../markdown/sheet.js"), import("../download.js")])
    // Spreadsheets take the semicolon where a comma is part of a number.
    saveText(`${t("table.file")}.csv`, toCsv(this.cells(), number(0.5).includes(",") ? ";" : ","), "text/csv")
  }

  render() {
    const { block: { head, delimiter, pieces, open }, scope } = this.props
    const { copied, full } = this.state
    const isStill = Boolean(this.context)
    const shown = full || isStill ? pieces : pieces.slice(0, FOLD)
    const cells = tableCells(head, delimiter, "")
    if (!cells) return html`<p><${Inline} text=${[head, delimiter, ...pieces].join("\n")} scope=${scope} /></p>`
    return html`
      <div class="table">
        <div class="table__scroll" tabindex="0" role="region" aria-label=${t("table.label")}>
          <table dir="auto">
            <thead><tr>${cells.head.map((text, i) => html`<th key=${i} scope="col" class=${aligned(cells.align[i])}><${Inline} text=${text} scope=${scope} open=${open && !pieces.length} /></th>`)}</tr></thead>
            ${shown.map((rows, i) => html`<${Rows} key=${i} head=${head} delimiter=${delimiter} rows=${rows} scope=${scope} open=${open && i === pieces.length - 1} />`)}
          </table>
        </div>
        ${pieces.length > FOLD && !isStill && html`
          <button type="button" class="table__more" aria-expanded=${full} onClick=${() => this.setState({ full: !full })}>
            ${full ? t("code.show_less") : t("code.show_all", { count: countLines(pieces) })}
          </button>`}
        ${!isStill && html`<div class="table__tools">
          <button type="button" onClick=${() => this.copy()}>${t(copied ? "code.copied" : "table.copy")}</button>
          <button type="button" aria-label=${t("table.save")} title=${t("table.save")} onClick=${() => this.save()}>CSV</button>
        </div>`}
      </div>`
  }
}

/** @typedef {{ head: string, delimiter: string, rows: string, scope: Scope, open: boolean }} RowsProps */

/** @extends {Component<RowsProps>} */
class Rows extends Component {
  /** @param {RowsProps} next */
  shouldComponentUpdate(next) {
    return next.rows !== this.props.rows || next.open !== this.props.open || next.head !== this.props.head || next.delimiter !== this.props.delimiter
  }

  render() {
    const { head, delimiter, rows, scope, open } = this.props
    const cells = tableCells(head, delimiter, rows)
    if (!cells) return null
    const last = cells.rows.length - 1
    return html`<tbody>${cells.rows.map((row, r) => html`
      <tr key=${r}>${row.map((text, i) => html`<td key=${i} class=${aligned(cells.align[i])}><${Inline} text=${text} scope=${scope} open=${open && r === last} /></td>`)}</tr>`)}</tbody>`
  }
}

/** @param {string[]} pieces every one but the last is as long as the first */
const countLines = pieces => (pieces.length - 1) * pieces[0].split("\n").length + pieces[pieces.length - 1].split("\n").length

/** @param {string | null} align */
const aligned = align => align && ALIGNED.has(align) ? `align-${align}` : undefined
