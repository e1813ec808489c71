/**
 * Whether a message is near the window. One that is far has its words, which the browser finds and prints, but no buttons: of a
 * long conversation they would be half of the page, and each of them would be told when an answer begins and ends.
 */
import { useEffect, useRef, useState } from "../view.js"
import { whenIdle } from "../idle.js"

/** A browser that skips what is far away (content-visibility) and says so; without scroll anchoring the style sheet lets none skip. */
const tells = "oncontentvisibilityautostatechange" in document.documentElement && CSS.supports("overflow-anchor", "auto")

/**
 * Every message begins as a far one: its words are not kept waiting for its buttons.
 * @param {boolean} isLast the style sheet never skips the last one, so nothing is said about it
 * @returns {{ isNear: boolean, look: (event: Event & { skipped?: boolean }) => void }} `look` listens to the element of the message
 */
export function useSight(isLast) {
  const [isNear, come] = useState(false)
  const told = useRef(false)
  const isPainted = useRef(false)
  /** @param {boolean} near */
  const tell = near => {
    told.current = near
    if (isPainted.current) come(near)
  }
  useEffect(() => { if (isLast || !tells) tell(true) }, [isLast])
  useEffect(() => whenIdle(() => {
    isPainted.current = true
    come(told.current)
  }), [])
  return { isNear, look: event => { if (event.target === event.currentTarget) tell(!event.skipped) } }
}
