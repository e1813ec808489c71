/**
 * Work that is not done on the page's own thread: one worker, one task at a time, each with a deadline.
 * Code and formulas come from strangers; whatever they do to highlight.js or KaTeX, the page goes on and they stay plain.
 */
import { scriptUrl } from "../trusted.js"

/** A task that takes longer is given up, and its worker with it. Milliseconds. */
const DEADLINE = 3_000

/** @typedef {{ id: number, data: object, done: (result: any) => void }} Task */

export class Workshop {
  /** @type {Task[]} */
  tasks = []
  /** @type {Worker | null} */
  worker = null
  lastId = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  deadline = undefined

  /** @param {string} script of this folder; it answers `{ id, …data }` with `{ id, result }` */
  constructor(script) {
    this.script = script
  }

  /** @param {object} data @returns {Promise<any>} null when it failed or took too long */
  ask(data) {
    return new Promise(done => {
      this.tasks.push({ id: ++this.lastId, data, done })
      if (this.tasks.length === 1) this.#next()
    })
  }

  #next() {
    const task = this.tasks[0]
    if (!task) return
    this.worker ??= this.#start()
    this.deadline = setTimeout(() => this.#giveUp(), DEADLINE)
    this.worker.postMessage({ id: task.id, ...task.data })
  }

  #start() {
    const worker = new Worker(scriptUrl(`markdown/${this.script}`), { type: "module", name: this.script })
    worker.onmessage = ({ data }) => this.#finish(data.id, data.result)
    worker.onerror = () => this.#giveUp()
    return worker
  }

  #giveUp() {
    this.worker?.terminate()
    this.worker = null
    this.#finish(this.tasks[0]?.id ?? 0, null)
  }

  /** @param {number} id @param {any} result */
  #finish(id, result) {
    if (this.tasks[0]?.id !== id) return
    clearTimeout(this.deadline)
    this.tasks.shift()?.done(result)
    this.#next()
  }
}
