/** Formulas: the sources that are worth a try, and where they are tried. */
import { Workshop } from "./workshop.js"

/** A longer source stays a source. Characters. */
const SOURCE_LIMIT = 5_000

/** @typedef {import("./typesetter.js").Tree} Tree */

const workshop = new Workshop("typesetter.js")

/**
 * @param {string} source LaTeX
 * @param {boolean} display on a line of its own
 * @returns {Promise<Tree | null>} null: show the source instead
 */
export const formulaTree = async (source, display) => source.length > SOURCE_LIMIT ? null : workshop.ask({ source, display })
