/** Follows the end of a growing page while its reader is there, and leaves a reader who has gone elsewhere alone. */

/** How near the end counts as being there, pixels. */
const NEAR = 48
/** A finger that moved less than this has not decided, pixels. */
const SLOP = 10

export class ScrollFollower {
  /** @param {HTMLElement} place what scrolls; its last child is what grows @param {(isAway: boolean) => void} onAway */
  constructor(place, onAway) {
    this.place = place
    this.onAway = onAway
    this.following = true
    this.isAway = false
    this.top = place.scrollTop
    this.growth = new ResizeObserver(() => this.grew())
    this.growth.observe(place)
    if (place.lastElementChild) this.growth.observe(place.lastElementChild)
    this.scrolled = this.scrolled.bind(this)
    place.addEventListener("scroll", this.scrolled, { passive: true })
    this.hands = new AbortController()
    this.watchHands(this.hands.signal)
    this.toEnd()
  }

  /** @param {boolean} [smooth] */
  toEnd(smooth = false) {
    this.following = true
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
    this.place.scrollTo({ top: this.place.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" })
    this.tell()
  }

  /** Show one message in the middle, and mark it for a moment. @param {HTMLElement} message */
  leadTo(message) {
    this.following = false
    message.scrollIntoView({ block: message.offsetHeight > this.place.clientHeight ? "start" : "center", behavior: "instant" })
    message.classList.add("message--sought")
    message.addEventListener("animationend", () => message.classList.remove("message--sought"), { once: true })
    message.tabIndex = -1
    message.focus({ preventScroll: true })
    this.tell()
  }

  stop() {
    this.growth.disconnect()
    this.place.removeEventListener("scroll", this.scrolled)
    this.hands.abort()
  }

  /** Growth is not followed from the first pull upwards: following would end a slow one before it has left the end. @param {AbortSignal} signal */
  watchHands(signal) {
    const { place } = this
    let [x, y] = [0, 0]
    /** @param {number} up @param {number} aside */
    const pull = (up, aside) => { if (up > Math.abs(aside) && place.scrollTop > 0) this.following = false }
    place.addEventListener("wheel", event => { if (!event.ctrlKey) pull(-event.deltaY, event.deltaX) }, { passive: true, signal })
    place.addEventListener("touchstart", ({ touches: [finger] }) => { [x, y] = [finger.clientX, finger.clientY] }, { passive: true, signal })
    place.addEventListener("touchmove", ({ touches: [finger] }) => pull(finger.clientY - y - SLOP, finger.clientX - x), { passive: true, signal })
  }

  grew() {
    if (this.following) {
      this.place.scrollTop = this.place.scrollHeight
      this.top = this.place.scrollTop // higher than before where the page has shrunk: that was no wish of its reader
    }
    this.tell()
  }

  /** Only a movement upwards is a wish to leave: content growing below moves nothing. */
  scrolled() {
    const { scrollTop } = this.place
    const isNear = this.distance() <= NEAR
    if (scrollTop < this.top) this.following &&= isNear
    else if (isNear) this.following = true
    this.top = scrollTop
    this.tell()
  }

  distance() {
    return this.place.scrollHeight - this.place.clientHeight - this.place.scrollTop
  }

  tell() {
    const isAway = !this.following && this.distance() > NEAR
    if (isAway === this.isAway) return
    this.isAway = isAway
    this.onAway(isAway)
  }
}
