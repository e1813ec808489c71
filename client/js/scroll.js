/** Follows the end of a growing page while its reader is there, and leaves a reader who has gone elsewhere alone. */

/** How near the end counts as being there, pixels. */
const NEAR = 48

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
    if (this.distance() <= NEAR) this.following = true
    else if (scrollTop < this.top) this.following = false
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
