/** A conversation is opened by its end: nobody loses by that what was said before. The server is a list of what it was asked. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { beforeEach, test } from "node:test"

globalThis.document = Object.assign(new EventTarget(), { documentElement: { lang: "ru", dataset: {} }, querySelector: () => null, baseURI: "http://localhost/" })
globalThis.window = globalThis
/** What waits for a quiet moment. @type {(() => void)[]} */
const waiting = []
globalThis.requestIdleCallback = work => waiting.push(work)

const answer = (id, parent, state) => ({ id, parent_id: parent, role: "assistant", text: state === "complete" ? id : "", state, seq: 1 })
const question = (id, parent) => ({ id, parent_id: parent, role: "user", text: id })
/** The first answer is still being written, beside the one that was gone on with. */
const ALL = [question("q1", null), answer("a1", "q1", "complete"), answer("late", "q1", "running"), question("q2", "a1"), answer("a2", "q2", "complete")]
const REST = `id: 2\ndata: {"type":"text","text":"Да."}\n\nid: 3\ndata: {"type":"finished","state":"complete","reason":"stop"}\n\n`
/** @type {string[]} */
let asked = []
let isGone = false
globalThis.fetch = async address => {
  const { protocol, pathname, search } = new URL(String(address))
  if (protocol === "file:") return new Response(readFileSync(new URL(String(address))))
  const path = pathname.replace("/backend-api/v2/", "") + search
  asked.push(path)
  if (path.startsWith("answers/")) return new Response(REST, { headers: { "content-type": "text/event-stream" } })
  if (path === "conversations/c?last=20") return Response.json({ conversation: talk, messages: ALL.slice(3), earlier: true })
  if (path === "conversations/c") return isGone ? Response.json({ error: { code: "not_found" } }, { status: 404 }) : Response.json({ conversation: talk, messages: ALL })
  return Response.json({ conversations: [talk], next: null })
}
const talk = { id: "c", title: "Беседа", created_at: 1, updated_at: 1, revision: 1, running: false }

const store = await import("../../client/js/store.js")
const { openRoute } = await import("../../client/js/actions.js")
const { route } = await import("../../client/js/router.js")
const until = async is => {
  for (let look = 0; look < 1_000 && !is(); look += 1) await new Promise(resolve => setTimeout(resolve, 5))
  assert.ok(is(), "it did not come")
}

beforeEach(async () => {
  isGone = false
  route.value = { name: "new" }
  await openRoute()
  waiting.splice(0).forEach(work => work())
  asked = []
  route.value = { name: "chat", id: "c" }
  await openRoute()
  assert.deepEqual([store.path.value, store.whole.value], [["q2", "a2"], false])
})

test("what is shared, printed or kept as a page is the whole branch", async () => {
  const { readBranch } = await import("../../client/js/sharing.js")
  const { messages, leaf } = await readBranch("c")
  assert.deepEqual(messages.map(({ id }) => id), ["q1", "a1", "q2", "a2"])
  assert.equal(leaf, "a2")
})

test("an answer that is being written further up is read on once it is known", async () => {
  assert.ok(!asked.some(path => path.startsWith("answers/")))
  waiting.shift()?.()
  await until(() => store.chat.value.messages.get("late")?.state === "complete")
  assert.equal(store.chat.value.messages.get("late")?.text, "Да.")
  assert.deepEqual(store.path.value, ["q1", "a1", "q2", "a2"])
})

test("a conversation that was deleted before the rest of it came is missing", async () => {
  isGone = true
  waiting.shift()?.()
  await until(() => store.opening.value === "missing")
  assert.equal(asked.filter(path => path === "conversations/c").length, 1)
})
