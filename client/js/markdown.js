/**
 * Text of a model -> blocks to draw. Pure: knows no page, makes no HTML, runs in node as it is.
 *
 * A text that grows is read once. `Reader` keeps the structure of all complete lines (markdown/scanner.js); for a view it
 * tries the unfinished last line on a fork and throws the fork away. So every block but the last keeps its identity from view
 * to view, and the view of a text does not depend on the pieces in which it came: streamed and whole are the same blocks.
 *
 * Inside a block the words are read by marked, lazily, when the block is drawn (markdown/inline.js).
 */
import { References } from "./markdown/references.js"
import { cutLine, isHeldBack } from "./markdown/lines.js"
import { feed, fork, startState, view } from "./markdown/scanner.js"

export { inline } from "./markdown/inline.js"
export { linkTarget, pictureTarget } from "./markdown/links.js"
export { splitHidden } from "./markdown/hidden.js"

/** @typedef {import("./markdown/scanner.js").Block} Block */
/** @typedef {import("./markdown/scanner.js").NoteBlock} NoteBlock */
/** @typedef {{ parts: Block[][], notes: NoteBlock[], complete: boolean }} View */

/** Reads one growing text. */
export class Reader {
  constructor() {
    this.references = new References()
    this.state = startState(this.references)
    this.text = ""
    /** The end of the text, and where in it the first character lies that no complete line holds yet. */
    this.rest = ""
    this.at = 0
  }

  /**
   * Whether `text` continues what was read; if not, it needs a new reader.
   * @param {string} text
   */
  continues(text) {
    return text.slice(0, this.text.length) === this.text
  }

  /**
   * @param {string} text the whole text so far; it must continue the text of the last call
   * @param {{ streaming?: boolean, budget?: number }} [options] `streaming`: more will come, show unfinished marks sensibly;
   *   `budget`: characters to read at most in this call (the view says whether it is complete)
   * @returns {View}
   */
  read(text, { streaming = false, budget = Infinity } = {}) {
    this.#take(text)
    const complete = this.#readLines(budget)
    const trial = fork(this.state, !streaming)
    const rest = this.rest.slice(this.at)
    if (complete && rest && !(streaming && isHeldBack(rest, trial.leaf))) feed(trial, withoutReturn(rest), trial.soft)
    return { ...view(trial, streaming || !complete), complete }
  }

  /**
   * A piece of a string keeps the whole of it in memory, and a growing text is a new string at every view: blocks that were pieces
   * of it would keep thousands of copies. They are pieces of what is new instead, which is written anew for that.
   * @param {string} text
   */
  #take(text) {
    if (text.length === this.text.length) return
    this.rest = this.text ? ` ${this.rest.slice(this.at)}${text.slice(this.text.length)}` : text
    this.at = this.text ? 1 : 0
    this.text = text
  }

  /**
   * @param {number} budget
   * @returns {boolean} whether only an unfinished line is left
   */
  #readLines(budget) {
    const text = this.rest
    const stop = this.at + budget
    for (;;) {
      if (this.at >= stop) return false
      const end = text.indexOf("\n", this.at)
      const line = text.slice(this.at, end < 0 ? text.length : end)
      const cut = cutLine(line)
      if (cut > 0) {
        feed(this.state, line.slice(0, cut), this.state.soft)
        this.state.soft = true
        this.at += cut
      } else if (end < 0) {
        return true
      } else {
        feed(this.state, withoutReturn(line), this.state.soft)
        this.state.soft = false
        this.at = end + 1
      }
    }
  }
}

/** @param {string} line */
const withoutReturn = line => line.endsWith("\r") ? line.slice(0, -1) : line
