/** Work that can wait: done in small slices when the page has nothing better to do. */

/** Milliseconds of one slice; a frame at 60 Hz has 16. */
const SLICE = 6
/** It waits no longer than this for a quiet moment. Milliseconds. */
const PATIENCE = 500

/** @type {(() => void)[]} */
const queue = []
let scheduled = false

/** @param {() => void} work */
export function whenIdle(work) {
  queue.push(work)
  schedule()
}

function schedule() {
  if (scheduled || !queue.length) return
  scheduled = true
  if ("requestIdleCallback" in window) requestIdleCallback(runSlice, { timeout: PATIENCE })
  else globalThis.setTimeout(runSlice, 1)
}

function runSlice() {
  const end = performance.now() + SLICE
  scheduled = false
  while (queue.length && performance.now() < end) queue.shift()?.()
  schedule()
}
