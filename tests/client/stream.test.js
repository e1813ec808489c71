/** The stream of an answer: bytes in any pieces, cuts at any point, and an end that is seen. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Refused } from "../../client/js/api.js"
import { createDecoder, decodeEvents, follow } from "../../client/js/stream.js"

const encoder = new TextEncoder()
const frame = (seq, event) => `id: ${seq}\ndata: ${JSON.stringify(event)}\n\n`
const texts = count => Array.from({ length: count }, (_, index) => ({ type: "text", text: `слово ${index} 🧩 ` }))
const finished = { type: "finished", state: "complete", reason: "stop" }
const nowhere = () => new AbortController().signal
const now = () => Promise.resolve()

/** A body that gives the bytes in pieces of a size, and then ends. */
function body(text, size) {
  const bytes = encoder.encode(text)
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, (at += size)))
    },
  })
}

for (const size of [1, 2, 3, 7, 1000]) {
  test(`letters survive pieces of ${size} bytes`, async () => {
    const events = texts(5)
    const seen = []
    await decodeEvents(body(events.map((event, index) => frame(index + 1, event)).join(""), size), piece => seen.push(...piece))
    assert.deepEqual(seen, events.map((event, index) => ({ seq: index + 1, event })))
  })
}

test("comments, carriage returns and data in several lines are understood", () => {
  const decode = createDecoder()
  assert.deepEqual(decode(": жив\r\n\r\nid:7\r\ndata: a\r"), [])
  assert.deepEqual(decode("\ndata: b\r\n\r\n"), [{ id: "7", data: "a\nb" }])
  assert.deepEqual(decode("data: c\n\n"), [{ id: "7", data: "c" }])
  assert.deepEqual(decode("data: never finished"), [])
})

test("what is not JSON is passed over", async () => {
  const seen = []
  await decodeEvents(body(`data: oops\n\n${frame(2, finished)}`, 50), piece => seen.push(...piece))
  assert.deepEqual(seen.map(({ seq }) => seq), [2])
})

test("a cut line is taken up after the last event seen, until the end is seen", async () => {
  const log = [...texts(9), finished]
  const asked = []
  const seen = []
  const ended = await follow({
    open: async after => {
      asked.push(after)
      return new Response(body(log.slice(after, after + 4).map((event, index) => frame(after + index + 1, event)).join(""), 11))
    },
    onEvents: events => seen.push(...events), signal: nowhere(), wait: now,
  })
  assert.ok(ended)
  assert.deepEqual(asked, [0, 4, 8])
  assert.deepEqual(seen.map(({ seq }) => seq), log.map((_, index) => index + 1))
})

test("a server that is away for a while is asked again, and the page is told", async () => {
  const said = []
  let tries = 0
  await follow({
    open: async () => {
      tries += 1
      if (tries < 4) throw new TypeError("no route")
      return new Response(body(frame(1, finished), 99))
    },
    onEvents: () => {}, onLine: lost => said.push(lost), signal: nowhere(), wait: now,
  })
  assert.deepEqual(said, [true, true, false])
})

test("a refusal ends the following at once", async () => {
  let tries = 0
  const open = async () => {
    tries += 1
    throw new Refused("key_missing")
  }
  await assert.rejects(follow({ open, onEvents: () => {}, signal: nowhere(), wait: now }), Refused)
  assert.equal(tries, 1)
})

test("who has left is told nothing more", async () => {
  const reader = new AbortController()
  const seen = []
  const ended = await follow({
    open: async () => new Response(body(texts(50).map((event, index) => frame(index + 1, event)).join(""), 40)),
    onEvents: events => {
      seen.push(...events)
      reader.abort()
    },
    signal: reader.signal, wait: now,
  })
  assert.equal(ended, false)
  assert.ok(seen.length < 5)
})

test("a snapshot of an ended answer is an end", async () => {
  const snapshot = { type: "snapshot", message: { id: "a", state: "complete", text: "Всё", seq: 30 } }
  assert.ok(await follow({ open: async () => new Response(body(frame(30, snapshot), 99)), onEvents: () => {}, signal: nowhere(), wait: now }))
})

/** A body that gives what there is and then stays open, until its line is ended. */
function open(text, signal) {
  return new Response(new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(text))
      signal.addEventListener("abort", () => controller.error(new Error("aborted")))
    },
  }))
}

/** Follow an answer whose first line goes silent; `happen` is done to the page then. @returns {Promise<{ asked: number[], waited: number, seen: any[] }>} */
async function wake(happen) {
  const page = Object.assign(new EventTarget(), { hidden: false })
  const world = new EventTarget()
  const before = { document: globalThis.document, addEventListener: globalThis.addEventListener, now: Date.now }
  let ahead = 0
  Object.assign(globalThis, { document: page, addEventListener: world.addEventListener.bind(world) })
  Date.now = () => before.now() + ahead
  const asked = []
  const seen = []
  let waited = 0
  try {
    const following = follow({
      open: async (after, signal) => {
        asked.push(after)
        return after ? new Response(body(frame(2, finished), 5)) : open(frame(1, texts(1)[0]), signal)
      },
      onEvents: events => {
        seen.push(...events)
        if (asked.length === 1) setTimeout(() => happen({ page, world, sleep: milliseconds => { ahead += milliseconds } }))
      },
      signal: nowhere(), wait: async () => { waited += 1 },
    })
    await following
  } finally {
    Date.now = before.now
    Object.assign(globalThis, { document: before.document, addEventListener: before.addEventListener })
  }
  return { asked, waited, seen }
}

for (const [name, happen] of Object.entries({
  "a phone that was asleep": ({ page, sleep }) => {
    page.hidden = true
    page.dispatchEvent(new Event("visibilitychange"))
    sleep(10_000)
    page.hidden = false
    page.dispatchEvent(new Event("visibilitychange"))
  },
  "another network": ({ world }) => world.dispatchEvent(new Event("online")),
  "a page brought back from the history": ({ world }) => world.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true })),
})) {
  test(`after ${name} the answer goes on at once, from the last event seen`, async () => {
    const { asked, waited, seen } = await wake(happen)
    assert.deepEqual(asked, [0, 1])
    assert.equal(waited, 0)
    assert.deepEqual(seen.map(({ seq }) => seq), [1, 2])
  })
}
