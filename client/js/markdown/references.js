/** Link definitions and footnotes of one text, by label; those who asked in vain are told when one arrives. */

/** @typedef {{ href: string, title: string | null, source?: boolean }} Definition `source`: a source of the answer, shown as a chip */
/** @typedef {{ number: number }} Note */

/** Labels are equal without regard to case and white space. @param {string} label */
export const normal = label => label.trim().replace(/\s+/g, " ").toLowerCase()

export class References {
  constructor() {
    /** @type {Record<string, Definition>} */
    this.links = Object.create(null)
    /** @type {Map<string, Note>} */
    this.notes = new Map()
    /** Labels whose line may still grow. @type {Set<string>} */
    this.trials = new Set()
    /** @type {Map<string, Set<() => void>>} */
    this.waiting = new Map()
  }

  /**
   * The first definition of a label holds; one from a line that was still growing gives way.
   * @param {string} label
   * @param {Definition} definition
   * @param {boolean} [trial]
   */
  define(label, definition, trial = false) {
    const key = normal(label)
    if (key in this.links && !this.trials.has(key)) return
    if (!trial) this.trials.delete(key)
    else this.trials.add(key)
    this.links[key] = definition
    this.#tell(key)
  }

  /** @param {string} label @param {Note} note */
  defineNote(label, note) {
    const key = normal(label)
    if (this.notes.has(key)) return
    this.notes.set(key, note)
    this.#tell(`^${key}`)
  }

  /** @param {string} label as it stands between the brackets */
  has(label) {
    const key = normal(label)
    return key.startsWith("^") ? this.notes.has(key.slice(1)) : key in this.links
  }

  /** @param {string} label */
  note(label) {
    return this.notes.get(normal(label))
  }

  /**
   * Call `then` once when one of the labels is defined.
   * @param {string[]} labels
   * @param {() => void} then
   * @returns {() => void} stop waiting
   */
  wait(labels, then) {
    for (const key of labels.map(normal)) {
      if (!this.waiting.has(key)) this.waiting.set(key, new Set())
      this.waiting.get(key)?.add(then)
    }
    return () => labels.forEach(label => this.waiting.get(normal(label))?.delete(then))
  }

  /** @param {string} key */
  #tell(key) {
    const told = this.waiting.get(key)
    this.waiting.delete(key)
    told?.forEach(then => then())
  }
}
