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
