/** What a component is handed instead of reaching for it: the state to draw and the wishes it may tell. main.js fills it in. */
import { createContext, useContext } from "./view.js"

/** @typedef {{ store: typeof import("./store.js"), actions: typeof import("./actions.js") }} Page */

export const Handed = createContext(/** @type {Page | null} */ (null))

/** @returns {Page} */
export const usePage = () => /** @type {Page} */ (useContext(Handed))
