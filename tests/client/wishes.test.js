/** What a person wishes reaches the conversation it was wished for. The server is a list of what it was asked. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { before, test } from "node:test"

globalThis.document = Object.assign(new EventTarget(), { documentElement: { lang: "ru", dataset: {} }, querySelector: () => null, baseURI: "http://localhost/" })
const store = await import("../../client/js/store.js")

/** @type {{ method: string, path: string, body: any }[]} */
let asked = []
/** What a list of conversations answers. */
let listed = []
globalThis.fetch = async (address, { method = "GET", body } = {}) => {
  const { protocol, pathname } = new URL(String(address))
  if (protocol === "file:") return new Response(readFileSync(new URL(String(address))))
  const path = pathname.replace("/backend-api/v2/", "")
  const sent = body ? JSON.parse(String(body)) : null
  asked.push({ method, path, body: sent })
  if (/regenerate$|^conversation$/.test(path)) return new Response(SPOKEN, { headers: { "content-type": "text/event-stream" } })
  if (path === "conversations/batch") return Response.json({ conversations: sent.ids.map(id => talk(id)) })
  return Response.json(method === "GET" ? { conversations: listed, next: null } : { conversation: talk(path.split("/")[1]) })
}
/** An answer that is over at once. */
const SPOKEN = [{ type: "started", conversation: "c", question: "q", answer: "again" }, { type: "text", text: "Да." }, { type: "finished", state: "complete", reason: "stop" }]
  .map((event, at) => `id: ${at + 1}\ndata: ${JSON.stringify(event)}\n\n`).join("")
const talk = (id, more = {}) => ({ id, title: id, created_at: 1, updated_at: 1, revision: 1, running: false, ...more })
const show = id => store.dispatch({ type: "opened", id, messages: [] })
before(async () => {
  const { loadLanguage, loadRest } = await import("../../client/js/i18n.js")
  await loadLanguage("ru")
  await loadRest()
})

const changes = () => asked.filter(({ path }) => path === "conversations/batch").map(({ body }) => body)
const until = async is => {
  for (let look = 0; look < 1_000 && !is(); look += 1) await settled()
}
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

test("what was filed from a shelf goes back to where it was", async context => {
  await shelve(context)
  const { file } = await import("../../client/js/selecting.js")
  await file(["here", "old"], "Работа")
  store.toasts.value.at(-1)?.action?.run()
  await until(() => changes().length === 3)
  assert.deepEqual(changes().map(({ ids, change }) => [ids, change.folder]), [[["here", "old"], "Работа"], [["here"], "Кухня"], [["old"], "Дача"]])
})

test("what was tagged from a shelf keeps the tags it had when that is taken back", async context => {
  await shelve(context)
  const { tag } = await import("../../client/js/selecting.js")
  await tag(["here", "old"], ["важное", "новое"])
  store.toasts.value.at(-1)?.action?.run()
  await until(() => changes().length === 3)
  const taken = changes().slice(1).map(({ ids, change }) => [ids, change.remove_tags])
  assert.deepEqual(taken, [[["here"], ["важное"]], [["here", "old"], ["новое"]]])
})

/** One conversation in the list, one that only the shelf of a tag shows. */
async function shelve(context) {
  const { readShelf } = await import("../../client/js/shelving.js")
  context.mock.timers.enable({ apis: ["setTimeout"] })
  for (const id of ["here", "old"]) store.dispatchList({ type: "removed", id })
  store.dispatchList({ type: "kept", conversations: [talk("here", { folder: "Кухня" })] })
  listed = [talk("old", { folder: "Дача", tags: ["важное"] })]
  await readShelf("важное")
  listed = []
  asked = []
}

test("an answer is asked for again as one wishes, and the question stays what it was", async () => {
  const { regenerate } = await import("../../client/js/asking.js")
  await import("../../client/js/stream.js") // read from the disk it would come after the last look of until
  const message = { id: "a", parent_id: "q", role: "assistant", text: "Долгий ответ", state: "complete", seq: 9 }
  const question = { id: "q", parent_id: null, role: "user", text: "Что это?" }
  const reopen = () => store.dispatch({ type: "opened", id: "c", messages: [question, message] })
  for (const temporary of [false, true]) {
    store.dispatch({ type: "left" })
    reopen()
    store.temporary.value = temporary
    asked = []
    regenerate(message, { wish: "shorter" })
    const shown = store.path.value.map(id => store.chat.value.messages.get(id))
    assert.deepEqual(shown.map(({ role, text }) => [role, text]), [["user", "Что это?"], ["assistant", ""]])
    await until(() => asked.some(({ method }) => method === "POST"))
    const { path, body } = asked.find(({ method }) => method === "POST")
    assert.equal(path, temporary ? "conversation" : "answers/a/regenerate")
    assert.equal(body.wish, "shorter")
    if (temporary) assert.equal(body.meta.content.parts[0].content, "Что это?")
    await until(() => !store.answering.value)
    assert.equal(store.path.value.length, 2)
  }
  store.temporary.value = false
})

test("a reading begun anew outlives the end of the one before, and is not silent after a pause", async () => {
  const { pause, speak, stop } = await import("../../client/js/speech.js")
  const said = []
  const voice = { paused: false, pause: () => { voice.paused = true }, resume: () => { voice.paused = false }, cancel() {}, speak: each => said.push(each) }
  Object.assign(globalThis, { speechSynthesis: voice, SpeechSynthesisUtterance: class { constructor(text) { this.text = text } } })
  const message = { id: "a", role: "assistant", text: "Привет." }
  speak(message)
  pause()
  speak(message)
  assert.equal(voice.paused, false)
  said[0].onerror()
  assert.deepEqual(store.reading.value, { id: "a", paused: false })
  said[1].onend()
  assert.equal(store.reading.value, null)
  stop()
  delete globalThis.speechSynthesis
})
