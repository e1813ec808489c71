/** What a phone's hands need: a swipe for the list of conversations, the back button for what lies over the page, room for the keyboard. */
import { stepBack } from "./router.js"
import { effect, untracked } from "./view.js"

/** @import { Page } from "./page.js" */

/** How far from the list's edge a swipe that opens it may begin, as a part of the width: the very edge belongs to the system's own gesture. */
const EDGE = 0.35
/** A finger that moved less than this has not decided, pixels. */
const SLOP = 10
/** A swipe longer than this is meant, pixels. */
const MEANT = 56
/** A finger that rested longer before it moved selects text, milliseconds. */
const REST = 400
/** Less than this is a bar of the browser and no keyboard, pixels. */
const KEYBOARD = 80
/** Where a finger that moves sideways has something else to do. */
const OWN = "input, textarea, select, dialog, [role=dialog]"

/** @param {Page} page */
export function startTouch(page) {
  startSwiping(page)
  startGoingBack(page)
  startMakingRoom()
}

/**
 * Touch events and not pointer events: the browser cancels those as soon as it scrolls, and these only look on (passive), so that
 * no scrolling is ever taken away from it.
 * @param {Page} page
 */
function startSwiping({ store }) {
  /** @type {{ x: number, y: number, at: number, opens: boolean, pulls: boolean, far: number } | null} */
  let swipe = null
  const side = () => (document.documentElement.dir === "rtl" ? -1 : 1)
  const list = () => /** @type {HTMLElement} */ (document.querySelector(".sidebar"))

  addEventListener("touchstart", event => {
    swipe = null
    const [{ clientX: x, clientY: y, target }, second] = event.touches
    const opens = !store.drawer.value
    const away = side() > 0 ? x : innerWidth - x
    if (second || !isNarrow() || (visualViewport?.scale ?? 1) > 1.01 || document.querySelector("dialog[open]")) return
    if (opens && (away > innerWidth * EDGE || !isFree(target))) return
    swipe = { x, y, at: event.timeStamp, opens, pulls: false, far: 0 }
  }, { passive: true })

  addEventListener("touchmove", event => {
    if (!swipe) return
    const [{ clientX, clientY }, second] = event.touches
    const far = (clientX - swipe.x) * side() * (swipe.opens ? 1 : -1)
    const aside = Math.abs(clientY - swipe.y)
    if (!swipe.pulls) {
      if (second || aside > SLOP || far < -SLOP || event.timeStamp - swipe.at > REST) swipe = null
      if (!swipe || far < SLOP) return
      swipe.pulls = true
    }
    swipe.far = far
    pull(list(), side() * (swipe.opens ? Math.min(0, far - list().offsetWidth) : Math.min(0, -far)))
  }, { passive: true })

  const end = (/** @type {boolean} */ isMeant) => {
    const ended = swipe
    swipe = null
    if (!ended?.pulls) return
    pull(list(), null)
    if (isMeant && ended.far > MEANT) store.drawer.value = ended.opens
  }
  addEventListener("touchend", () => end(true), { passive: true })
  addEventListener("touchcancel", () => end(false), { passive: true })
}

/** Draw the list where the finger has pulled it; null lets it go. @param {HTMLElement} list @param {number | null} to */
function pull(list, to) {
  if (to !== null && matchMedia("(prefers-reduced-motion: reduce)").matches) return
  Object.assign(list.style, to === null ? { translate: "", transition: "", visibility: "" } : { translate: `${to}px 0`, transition: "none", visibility: "visible" })
}

/** On a wide screen the list stands beside the page. */
const isNarrow = () => matchMedia("(max-width: 56rem)").matches

/** Whether nothing here moves sideways by itself. @param {EventTarget | null} target */
function isFree(target) {
  let element = target instanceof Element ? target : null
  if (element?.closest(OWN)) return false
  for (; element; element = element.parentElement) {
    if (element.scrollWidth > element.clientWidth && ["auto", "scroll"].includes(getComputedStyle(element).overflowX)) return false
  }
  return true
}

/**
 * What lies over the page is a step of the history, so that the back button takes it away instead of the page.
 * router.js puts the next page in the place of such a step.
 * @param {Page} page
 */
function startGoingBack({ store: { dialog, drawer, picker } }) {
  const isOver = () => drawer.value || dialog.value !== "" || picker.value !== ""
  const isStep = () => Boolean(history.state?.over)
  // A step back takes the browser a while.
  let isGoing = false
  if (isStep()) history.replaceState(null, "")
  effect(() => {
    const enter = isOver()
    untracked(() => {
      if (enter && !isStep()) history.pushState({ over: true }, "")
      // One dialog may open another, and a link in the list leads on: whether to step back is seen afterwards.
      else if (!enter) setTimeout(() => {
        if (!isStep() || isOver() || isGoing) return
        isGoing = true
        stepBack()
      })
    })
  })
  addEventListener("popstate", () => {
    const wasOurs = isGoing
    isGoing = false
    if (isStep()) return
    // What a quick hand has opened meanwhile stays, as a step of its own.
    if (wasOurs && isOver()) return history.pushState({ over: true }, "")
    drawer.value = false
    dialog.value = ""
    picker.value = ""
  })
}

/** Where the keyboard lies over the page instead of making it smaller (iPhones), the page ends where the keyboard begins. */
function startMakingRoom() {
  const seen = window.visualViewport
  if (!seen) return
  let room = 0
  const fit = () => {
    const covered = document.documentElement.clientHeight - seen.height
    const keyboard = seen.scale < 1.01 && covered > KEYBOARD ? covered : 0
    document.documentElement.style.setProperty("--keyboard", `${keyboard}px`)
    if (keyboard) scrollTo(0, 0)
    // What has become lower may hide the field; once, because a finger may move it away again.
    if (keyboard && keyboard !== room) document.activeElement?.scrollIntoView({ block: "nearest" })
    room = keyboard
  }
  seen.addEventListener("resize", fit)
  seen.addEventListener("scroll", fit)
}
