/** What a person wishes reaches the conversation it was wished for. The server is a list of what it was asked. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as store from "../../client/js/store.js"

/** @type {{ method: string, path: string, body: any }[]} */
let asked = []
globalThis.fetch = async (address, { method = "GET", body } = {}) => {
  const path = new URL(String(address)).pathname.replace("/backend-api/v2/", "")
  const sent = body ? JSON.parse(String(body)) : null
  asked.push({ method, path, body: sent })
  if (path === "conversations/batch") return Response.json({ conversations: sent.ids.map(id => talk(id)) })
  return Response.json(method === "GET" ? { conversations: [], next: null } : { conversation: talk(path.split("/")[1]) })
}
const talk = (id, more = {}) => ({ id, title: id, created_at: 1, updated_at: 1, revision: 1, running: false, ...more })
const show = id => store.dispatch({ type: "opened", id, messages: [] })
const settled = () => new Promise(resolve => setImmediate(resolve))

test("an option is kept with the conversation it was set in, wherever one goes next", async context => {
  const { setOption } = await import("../../client/js/tuning.js")
  context.mock.timers.enable({ apis: ["setTimeout"] })
  store.dispatchList({ type: "listed", items: [talk("a"), talk("b")], next: null })
  asked = []
  show("a")
  setOption("temperature", 0.2)
  setOption("temperature", 0.3)
  show("b")
  store.tuning.value = { options: {}, values: {} }
  setOption("top_p", 0.5)
  context.mock.timers.tick(1_000)
  const kept = asked.filter(({ method }) => method === "PATCH").map(({ path, body }) => [path, body.options])
  assert.deepEqual(kept, [["conversations/a", { temperature: 0.3 }], ["conversations/b", { top_p: 0.5 }]])
  await settled()
})

test("an option of a conversation that was not begun does not go to another one", async context => {
  const { setOption } = await import("../../client/js/tuning.js")
  context.mock.timers.enable({ apis: ["setTimeout"] })
  store.dispatch({ type: "left" })
  asked = []
  setOption("temperature", 0.2)
  show("b")
  store.tuning.value = { options: {}, values: {} }
  context.mock.timers.tick(1_000)
  assert.deepEqual(asked, [])
  await settled()
})
