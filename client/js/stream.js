/**
 * The events of one answer, from bytes to objects, across cuts: read, and when the line breaks, read on after the last event seen.
 *
 *     open(after) -> Response -> decodeEvents -> onEvents([{ seq, event }])
 *
 * An answer ends with `finished` or `failed`; everything else that ends a stream is a cut, and the server goes on writing meanwhile.
 */

import { ApiError, Refused } from "./api.js"

/** @import { Numbered } from "./chat.js" */

/** Longest wait before the next attempt, milliseconds. The wait itself is random, so that many pages do not return together. */
const LONGEST_WAIT = 3_000
/** The server says something every 15 seconds; a line silent for longer than this is dead, milliseconds. */
const DEAD_AFTER = 40_000
/** A page that comes back after a sleep does not wait for DEAD_AFTER. Milliseconds. */
const SUSPECT_AFTER = 20_000
/** A browser gives one site six lines; a page that nobody looks at gives its line back after this long, milliseconds. */
const RELEASE_AFTER = 3_000

/**
 * Server-sent events, piece by piece. Feed it text as it comes; it returns the events that are complete.
 * @returns {(text: string) => { id: string, data: string }[]}
 */
export function createDecoder() {
  let rest = ""
  let id = ""
  /** @type {string[]} */
  let data = []

  /** @param {string} line @param {{ id: string, data: string }[]} events */
  const take = (line, events) => {
    if (line === "") {
      if (data.length) events.push({ id, data: data.join("\n") })
      data = []
      return
    }
    const colon = line.indexOf(":")
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)
    if (field === "data") data.push(value)
    else if (field === "id") id = value
  }

  return text => {
    /** @type {{ id: string, data: string }[]} */
    const events = []
    const buffer = rest + text
    // A \r at the very end may be the first half of \r\n: it waits for the next piece.
    const held = buffer.endsWith("\r") ? 1 : 0
    const lines = buffer.slice(0, buffer.length - held).split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? "") + (held ? "\r" : "")
    for (const line of lines) take(line, events)
    return events
  }
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {(events: Numbered[]) => void} onEvents called once for each piece that arrived
 * @param {() => void} [onBytes]
 */
export async function decodeEvents(body, onEvents, onBytes) {
  const decode = createDecoder()
  const utf8 = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onBytes?.()
      const events = decode(utf8.decode(value, { stream: true })).flatMap(parse)
      if (events.length) onEvents(events)
    }
  } finally {
    reader.releaseLock()
  }
}

/** @param {{ id: string, data: string }} raw @returns {Numbered[]} */
function parse({ id, data }) {
  try {
    return [{ seq: Number(id), event: JSON.parse(data) }]
  } catch {
    return []
  }
}

/** Whether the answer has ended after this event; a seam goes on with one that had. @param {boolean} ended @param {Numbered} numbered */
function endedAfter(ended, { event }) {
  if (event.type === "finished" || event.type === "failed") return true
  if (event.type === "snapshot") return !["queued", "running"].includes(event.message.state)
  return event.type === "seam" ? false : ended
}

/**
 * Follow an answer to its end.
 * @param {object} way
 * @param {(after: number, signal: AbortSignal) => Promise<Response>} way.open raises `Refused` when asking again is useless
 * @param {(events: Numbered[]) => void} way.onEvents
 * @param {(lost: boolean) => void} [way.onLine] the line was lost, or is there again
 * @param {number} [way.after] number of the last event that is already known
 * @param {AbortSignal} way.signal ends the following, not the answer
 * @param {(milliseconds: number) => Promise<void>} [way.wait]
 * @returns {Promise<boolean>} whether the end was seen; false when `signal` came first
 */
export async function follow({ open, onEvents, onLine, after = 0, signal, wait = waitOrWake }) {
  let ended = false
  for (let failures = 0; !ended && !signal.aborted;) {
    await seen(signal)
    const line = new AbortController()
    const watch = watchLine(line)
    const leave = () => line.abort()
    signal.addEventListener("abort", leave)
    try {
      const response = await open(after, line.signal)
      if (!response.body) throw new Refused("no body")
      onLine?.(false)
      await decodeEvents(response.body, events => {
        failures = 0
        after = Math.max(after, ...events.map(({ seq }) => seq).filter(Number.isFinite))
        ended = events.reduce(endedAfter, ended)
        if (events.some(({ event }) => event.type === "signed_out")) throw new ApiError("login_required", 401)
        if (!signal.aborted) onEvents(events)
      }, watch.alive)
    } catch (error) {
      if (error instanceof Refused) throw error
    } finally {
      watch.stop()
      signal.removeEventListener("abort", leave)
    }
    if (ended || signal.aborted) break
    if (globalThis.document?.hidden || watch.isLeft()) continue
    failures += 1
    if (failures > 1) onLine?.(true)
    await wait(Math.random() * Math.min(LONGEST_WAIT, 250 * 2 ** failures))
  }
  return ended
}

/**
 * Ends a line on which nothing has come for too long, and one that is not to be trusted: opened in another network, or before
 * the device slept. It is opened again at once, from the last event seen.
 * @param {AbortController} line
 */
function watchLine(line) {
  let last = Date.now()
  let hiddenAt = 0
  let isLeft = false
  const leave = () => {
    isLeft = true
    line.abort()
  }
  const check = (/** @type {number} */ limit) => { if (Date.now() - last > limit) line.abort() }
  const timer = setInterval(check, 5_000, DEAD_AFTER)
  let release = /** @type {ReturnType<typeof setTimeout> | 0} */ (0)
  const woken = () => {
    clearTimeout(release)
    if (document.hidden) {
      hiddenAt = Date.now()
      release = setTimeout(() => line.abort(), RELEASE_AFTER)
    } else if (hiddenAt && Date.now() - hiddenAt > RELEASE_AFTER) leave() // a phone asleep runs no timers
    else check(SUSPECT_AFTER)
  }
  globalThis.document?.addEventListener("visibilitychange", woken)
  const elsewhere = new AbortController()
  globalThis.addEventListener?.("online", leave, elsewhere)
  globalThis.addEventListener?.("pageshow", event => { if (event.persisted) leave() }, elsewhere)
  return {
    alive: () => { last = Date.now() },
    isLeft: () => isLeft,
    stop: () => {
      elsewhere.abort()
      clearInterval(timer)
      clearTimeout(release)
      globalThis.document?.removeEventListener("visibilitychange", woken)
    },
  }
}

/** Until somebody looks at the page, or there is no reason to wait any more. @param {AbortSignal} signal @returns {Promise<void>} */
async function seen(signal) {
  while (globalThis.document?.hidden && !signal.aborted) {
    await new Promise(resolve => {
      document.addEventListener("visibilitychange", resolve, { once: true })
      signal.addEventListener("abort", resolve, { once: true })
    })
  }
}

/** Wait, but not after the network or the person has come back. @param {number} milliseconds @returns {Promise<void>} */
function waitOrWake(milliseconds) {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      globalThis.removeEventListener?.("online", done)
      globalThis.document?.removeEventListener("visibilitychange", done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    globalThis.addEventListener?.("online", done)
    globalThis.document?.addEventListener("visibilitychange", done)
  })
}
