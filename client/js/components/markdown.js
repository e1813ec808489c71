/** A text of a model or a person, drawn as it grows: at most once a frame, and only what changed. */
import { Component, html } from "../view.js"
import { t } from "../i18n.js"
import { Reader } from "../markdown.js"
import { normal } from "../markdown/references.js"
import { Still } from "../still.js"
import { Code } from "./code.js"
import { Formula } from "./formula.js"
import { Inline, visible } from "./inline.js"
import { Table } from "./table.js"

/** @import { Block, ItemBlock, ListBlock, NoteBlock } from "../markdown/scanner.js" */
/** @import { View } from "../markdown.js" */
/** @import { Scope } from "./inline.js" */

/** Shorter than a frame: after this time the next words are shown at once. Milliseconds. */
const FRAME = 14
/** A slice of a long text that is opened takes about this long to make, and three times as long to lay out; so many characters are tried first. */
const SLICE = 7
const FIRST_SLICE = 6_000
const SMALLEST_SLICE = 2_000
const LARGEST_SLICE = 16_000
/** So many pieces of a paragraph, or parts of a list, are laid out together: one of a megabyte would be laid out anew for each word. */
const STRETCH = 8
/** In a conversation the headings of the page itself take the first two levels. */
const HEADING_SHIFT = 2

let count = 0

/**
 * @typedef {{ text: string, streaming?: boolean, citations?: { url: string, title?: string }[], name?: string, alone?: boolean }} Props
 *   `alone`: the text is the whole page, its headings are the page's;
 *   `citations`: `[1]` in the text becomes a chip that leads to the first one; `name`: a prefix for ids, unique on the page
 */

/** @extends {Component<Props, { tick: number }>} */
export class Markdown extends Component {
  static contextType = Still
  state = { tick: 0 }
  reader = new Reader()
  /** @type {Scope} */
  scope = { references: this.reader.references, name: this.props.name ?? `note-${++count}`, shift: this.props.alone ? 0 : HEADING_SHIFT }
  /** Of a growing text little comes at once; what a slow line brings in a heap is drawn in slices too. */
  budget = this.props.streaming ? SMALLEST_SLICE : FIRST_SLICE
  drawnAt = 0
  frame = 0
  timer = 0
  isComplete = true

  /** @param {Props} next @param {{ tick: number }} state */
  shouldComponentUpdate(next, state) {
    if (state.tick !== this.state.tick) return true
    const { text, streaming, citations } = this.props
    if (next.text === text && Boolean(next.streaming) === Boolean(streaming) && next.citations === citations) return false
    if (!next.streaming || performance.now() - this.drawnAt > FRAME) return true
    this.frame ||= requestAnimationFrame(() => this.again())
    return false
  }

  componentDidMount() {
    this.proceed()
  }

  componentDidUpdate() {
    this.proceed()
  }

  componentWillUnmount() {
    cancelAnimationFrame(this.frame)
    clearTimeout(this.timer)
  }

  again() {
    this.frame = 0
    this.setState(({ tick }) => ({ tick: tick + 1 }))
  }

  /** A long text is opened in slices, between which the page can breathe. */
  proceed() {
    if (this.isComplete) return
    const factor = Math.min(2, Math.max(0.5, SLICE / (performance.now() - this.drawnAt)))
    this.budget = Math.min(LARGEST_SLICE, Math.max(SMALLEST_SLICE, this.budget * factor))
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => this.again(), 1)
  }

  /** @returns {View} */
  read() {
    const { text, streaming, citations } = this.props
    if (!this.reader.continues(text)) {
      this.reader = new Reader()
      this.scope = { ...this.scope, references: this.reader.references }
    }
    citations?.forEach(({ url, title }, i) => {
      if (!(normal(`${i + 1}`) in this.reader.references.links)) this.reader.references.define(`${i + 1}`, { href: url, title: title ?? null, source: true })
    })
    return this.reader.read(text, { streaming, budget: this.context ? Infinity : this.budget })
  }

  render() {
    this.drawnAt = performance.now()
    const { parts, notes, complete } = this.read()
    this.isComplete = complete
    return html`
      <div class="markdown">
        ${parts.map((blocks, i) => html`<div key=${i} class="markdown__part"><${Part} blocks=${blocks} scope=${this.scope} /></div>`)}
        ${notes.length > 0 && html`<${Notes} notes=${notes} scope=${this.scope} />`}
      </div>`
  }
}

/**
 * Up to sixteen blocks that are compared as one.
 * @extends {Component<{ blocks: Block[], scope: Scope }>}
 */
class Part extends Component {
  /** @param {{ blocks: Block[], scope: Scope }} next */
  shouldComponentUpdate(next) {
    return next.blocks !== this.props.blocks || next.scope !== this.props.scope
  }

  render() {
    const { blocks, scope } = this.props
    return blocks.map(block => html`<${One} key=${block.id} block=${block} scope=${scope} />`)
  }
}

/** @extends {Component<{ block: Block, scope: Scope }>} */
class One extends Component {
  /** @param {{ block: Block, scope: Scope }} next @param {object} state a new one when the language changes */
  shouldComponentUpdate(next, state) {
    return state !== this.state || next.block !== this.props.block || next.scope !== this.props.scope
  }

  render() {
    const { block, scope } = this.props
    switch (block.kind) {
      case "paragraph": return stretches(block.pieces, (pieces, look, i, isLast) => html`
        <p key=${i} class=${look} dir="auto">${words(pieces, scope, block.open && isLast)}</p>`)
      case "raw": return stretches(block.pieces, (pieces, look, i) => html`<p key=${i} class=${["markdown__raw", look].filter(Boolean).join(" ")} dir="auto">${visible(pieces.join(""))}</p>`)
      case "heading": {
        const level = block.level
        return html`<${`h${Math.min(6, level + scope.shift)}`} class=${`heading heading--${level}`} dir="auto"><${Inline} text=${block.text} scope=${scope} open=${block.open} /><//>`
      }
      case "rule": return html`<hr />`
      case "code": return html`<${Code} block=${block} />`
      case "formula": return html`<${Formula} source=${block.source} open=${block.open} display />`
      case "table": return html`<${Table} block=${block} scope=${scope} />`
      case "list": return list(block, scope)
      case "item": return item(block, scope)
      default: return html`<blockquote dir="auto">${inside(block.parts, scope)}</blockquote>`
    }
  }
}

/** @param {string[]} pieces @param {Scope} scope @param {boolean} open */
function words(pieces, scope, open) {
  return pieces.map((text, i) => html`<${Inline} key=${i} text=${text} scope=${scope} open=${open && i === pieces.length - 1} />`)
}

/** @param {Block[][]} parts @param {Scope} scope */
const inside = (parts, scope) => parts.map((blocks, i) => html`<${Part} key=${i} blocks=${blocks} scope=${scope} />`)

/** @param {ListBlock} block @param {Scope} scope */
function list({ ordered, start, loose, parts }, scope) {
  let first = start
  return stretches(parts, (some, look, i) => {
    const name = ["list", loose && "list--loose", look].filter(Boolean).join(" ")
    if (!ordered) return html`<ul key=${i} class=${name} dir="auto">${inside(some, scope)}</ul>`
    const from = first
    first += some.reduce((sum, items) => sum + items.length, 0)
    return html`<ol key=${i} class=${name} dir="auto" start=${from === 1 ? undefined : from}>${inside(some, scope)}</ol>`
  })
}

/**
 * A block as it is, or one that is too long as several that stand together.
 * @template P @template D
 * @param {P[]} pieces @param {(some: P[], look: string | undefined, i: number, isLast: boolean) => D} draw @returns {D | D[]}
 */
function stretches(pieces, draw) {
  if (pieces.length <= STRETCH) return draw(pieces, undefined, 0, true)
  const count = Math.ceil(pieces.length / STRETCH)
  return Array.from({ length: count }, (_, i) => draw(pieces.slice(i * STRETCH, (i + 1) * STRETCH), "stretch", i, i === count - 1))
}

/** @param {ItemBlock} block @param {Scope} scope */
function item({ done, parts }, scope) {
  if (done === null) return html`<li>${inside(parts, scope)}</li>`
  return html`<li class="task"><input type="checkbox" disabled checked=${done} aria-label=${t(done ? "task.done" : "task.open")} />${inside(parts, scope)}</li>`
}

/** @param {{ notes: NoteBlock[], scope: Scope }} props */
function Notes({ notes, scope }) {
  return html`
    <section class="notes" aria-label=${t("markdown.notes")}>
      <ol>${notes.map(({ number, parts }) => html`<li key=${number} id=${`${scope.name}-${number}`} value=${number} tabindex="-1">${inside(parts, scope)}</li>`)}</ol>
    </section>`
}
