/**
 * Whether a message is near the window. One that is far has its words, which the browser finds and prints, but no buttons: of a
 * long conversation they would be half of the page, and each of them would be told when an answer begins and ends.
 */
import { useState } from "../view.js"

/** A browser that skips what is far away (content-visibility) and says so. */
const tells = "oncontentvisibilityautostatechange" in document.documentElement

/**
 * @param {boolean} isFar where the message stands at first
 * @returns {{ isNear: boolean, look: (event: Event & { skipped?: boolean }) => void }} `look` listens to the element of the message
 */
export function useSight(isFar) {
  const [isNear, come] = useState(!isFar || !tells)
  return { isNear, look: event => { if (event.target === event.currentTarget) come(!event.skipped) } }
}
