/** What is done with an element once it comes near the window. One observer for all of them: each one more would cost every frame. */

/** How far outside of the window is near. */
const AHEAD = "800px"

/** @type {WeakMap<Element, () => void>} */
const awaited = new WeakMap()
/** @type {IntersectionObserver | undefined} */
let observer

/** @param {Element} element @param {() => void} work @returns {() => void} changes one's mind */
export function whenNear(element, work) {
  observer ??= new IntersectionObserver(take, { rootMargin: AHEAD })
  awaited.set(element, work)
  observer.observe(element)
  return () => observer?.unobserve(element)
}

/** @param {IntersectionObserverEntry[]} entries */
function take(entries) {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue
    observer?.unobserve(target)
    awaited.get(target)?.()
  }
}
