/**
 * Text that nobody will click: a file, paper. There everything is unfolded, there are no buttons, and nothing waits to come into sight.
 * A component that draws later says so with `wait`, so that its maker knows when the picture is whole.
 */
import { createContext } from "./view.js"

/** @typedef {{ wait: (drawn: Promise<unknown>) => void }} Maker */

export const Still = createContext(/** @type {Maker | null} */ (null))
