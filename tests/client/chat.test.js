/** The open conversation folds what the server sends, and is a tree. */
import assert from "node:assert/strict"
import { readFileSync, readdirSync } from "node:fs"
import { test } from "node:test"
import { branch, childrenOf, columnsOf, comparedWith, cost, emptyAnswer, emptyChat, fold, isRunning, lastMessage, piecesBetweenSeams, reduce, runningAnswer, speed } from "../../client/js/chat.js"

const WIRE = new URL("../wire/", import.meta.url)
/** Only the server has a clock for these. */
const SERVER_ONLY = ["created_at", "finished_at"]

/** @param {string} name */
function readGolden(name) {
  const lines = readFileSync(new URL(name, WIRE), "utf-8").split("\n").filter(Boolean).map(line => JSON.parse(line))
  const { expect } = lines.pop()
  return { expect: "message" in expect ? expect.message : expect, events: lines.map(({ id, event }) => ({ seq: id, event })) }
}

const golden = readdirSync(WIRE).filter(name => name.endsWith(".ndjson"))

test("there are golden streams", () => assert.ok(golden.length > 0))

for (const name of golden) {
  const { events, expect } = readGolden(name)
  const foldAll = (from, list) => list.reduce((answer, { seq, event }) => fold(answer, seq, event), from)

  test(`the stream ${name} folds into the message the server has`, () => {
    const answer = foldAll(emptyAnswer("pending", null), events)
    for (const [field, value] of Object.entries(expect)) if (!SERVER_ONLY.includes(field)) assert.deepEqual(answer[field], value, field)
  })

  test(`the stream ${name} may be read twice, or again from any point`, () => {
    const once = foldAll(emptyAnswer("pending", null), events)
    for (let at = 0; at <= events.length; at += 1) {
      const cut = foldAll(emptyAnswer("pending", null), events.slice(0, at))
      assert.deepEqual(foldAll(cut, events), once)
    }
  })
}

const question = (id, parent = null) => ({ id, parent_id: parent, role: "user", text: id })
const answer = (id, parent, more = {}) => emptyAnswer(id, parent, { state: "complete", seq: 9, ...more })
const tree = () => reduce(emptyChat(), { type: "opened", id: "c", messages: [
  question("q1"), answer("a1", "q1"), answer("a2", "q1"), question("q2", "a1"), answer("a3", "q2"), question("q3", "a2"), answer("a4", "q3"),
] })

test("the newest branch is shown until another is chosen", () => {
  assert.deepEqual(branch(tree()), ["q1", "a2", "q3", "a4"])
  assert.deepEqual(branch(reduce(tree(), { type: "chosen", message: "a1" })), ["q1", "a1", "q2", "a3"])
})

test("the end of a conversation is shown before the rest has come", () => {
  const all = [question("q1"), answer("a1", "q1", { pinned: true }), answer("a2", "q1"), question("q2", "a2"), answer("a3", "q2"), answer("a4", "q2")]
  let chat = reduce(emptyChat(), { type: "opened", id: "c", messages: all.slice(3), earlier: true })
  assert.equal(chat.whole, false)
  assert.deepEqual(branch(chat), ["q2", "a4"])
  chat = reduce(chat, { type: "chosen", message: "a3" })
  const shown = chat.messages.get("q2")
  assert.equal(reduce(chat, { type: "completed", id: "other", messages: all }), chat)
  const whole = reduce(chat, { type: "completed", id: "c", messages: all })
  assert.ok(whole.whole)
  assert.deepEqual(branch(whole), ["q1", "a2", "q2", "a3"])
  assert.deepEqual(whole.pinned, ["a1"])
  assert.equal(whole.messages.get("q2"), shown, "what is shown is not drawn again")
  assert.equal(reduce(whole, { type: "completed", id: "c", messages: all }), whole)
})

test("what is asked before the rest has come stays as it is", () => {
  const all = [question("q1"), answer("a1", "q1"), question("q2", "a1"), answer("a2", "q2")]
  let chat = reduce(emptyChat(), { type: "opened", id: "c", messages: all.slice(3), earlier: true })
  chat = reduce(chat, { type: "asked", conversation: "c", question: question("q3", "a2"), answer: emptyAnswer("pending-q3", "q3") })
  const later = [...all, question("q3", "a2"), answer("a3", "q3", { state: "running" })]
  chat = reduce(chat, { type: "completed", id: "c", messages: later })
  assert.deepEqual(branch(chat), ["q1", "a1", "q2", "a2", "q3", "pending-q3"])
  chat = reduce(chat, { type: "streamed", answer: "pending-q3", events: [{ seq: 1, event: { type: "started", conversation: "c", question: "q3", answer: "a3" } }] })
  assert.deepEqual(branch(chat), ["q1", "a1", "q2", "a2", "q3", "a3"])
  assert.equal(chat.messages.size, 6)
})

test("of a conversation of which nothing known is left all comes", () => {
  let chat = reduce(emptyChat(), { type: "opened", id: "c", messages: [answer("a1", "q1")], earlier: true })
  chat = reduce({ ...chat, messages: new Map(), order: [] }, { type: "completed", id: "c", messages: [question("q1"), answer("a1", "q1")] })
  assert.deepEqual(branch(chat), ["q1", "a1"])
})

test("a question and its answer are shown before the server knows of them", () => {
  const chat = reduce(emptyChat(), { type: "asked", conversation: "c", question: question("q"), answer: emptyAnswer("pending-q", "q") })
  assert.equal(chat.id, "c")
  assert.deepEqual(branch(chat), ["q", "pending-q"])
  assert.ok(isRunning(lastMessage(chat)))
})

test("an answer that is being written has a time before the server tells it", () => {
  const started = { type: "started", conversation: "c", question: "q", answer: "a" }
  assert.equal(fold(emptyAnswer("pending-q", "q"), 1, started, 5_000).created_at, 5)
  assert.equal(fold(emptyAnswer("pending-q", "q", { created_at: 3 }), 1, started, 5_000).created_at, 3)
})

test("a pending answer takes the server's id and stays the same message on the page", () => {
  let chat = reduce(emptyChat(), { type: "asked", conversation: "c", question: question("q"), answer: emptyAnswer("pending-q", "q") })
  const started = { type: "started", conversation: "c", question: "q", answer: "a" }
  chat = reduce(chat, { type: "streamed", answer: "pending-q", events: [{ seq: 1, event: started }] })
  assert.deepEqual(branch(chat), ["q", "a"])
  assert.equal(chat.messages.get("a")?.key, "pending-q")
  chat = reduce(chat, { type: "streamed", answer: "a", events: [{ seq: 2, event: { type: "text", text: "Да" } }] })
  assert.equal(lastMessage(chat)?.text, "Да")
})

test("a refused question leaves nothing behind, and a new conversation with it", () => {
  const asked = reduce(emptyChat(), { type: "asked", conversation: "c", question: question("q"), answer: emptyAnswer("pending-q", "q") })
  assert.deepEqual(reduce(asked, { type: "refused", question: "q", answer: "pending-q" }), emptyChat())
})

test("a refused repetition leaves the earlier answer", () => {
  const again = reduce(tree(), { type: "regenerated", answer: emptyAnswer("a5", "q3") })
  assert.equal(runningAnswer(again)?.id, "a5")
  const refused = reduce(again, { type: "refused", question: null, answer: "a5" })
  assert.deepEqual(branch(refused), ["q1", "a2", "q3", "a4"])
})

test("events of an answer that is not here change nothing, not even the object", () => {
  const chat = tree()
  assert.equal(reduce(chat, { type: "streamed", answer: "elsewhere", events: [{ seq: 1, event: { type: "text", text: "x" } }] }), chat)
})

test("only the message that changed is another object", () => {
  const before = reduce(tree(), { type: "regenerated", answer: emptyAnswer("a5", "q3") })
  const after = reduce(before, { type: "streamed", answer: "a5", events: [{ seq: 1, event: { type: "text", text: "x" } }] })
  for (const [id, message] of before.messages) assert.equal(after.messages.get(id) === message, id !== "a5")
  assert.equal(after.order, before.order)
  assert.equal(after.chosen, before.chosen)
})

test("nothing changes an answer that has ended", () => {
  const ended = answer("a", "q", { text: "Всё." })
  assert.equal(fold(ended, 10, { type: "text", text: " Нет, не всё." }), ended)
})

test("unknown events are passed over and counted", () => {
  const after = fold(emptyAnswer("a", "q"), 3, { type: "invented later" })
  assert.equal(after.seq, 3)
  assert.equal(after.text, "")
})

test("a snapshot stands for the events it has folded", () => {
  const message = { ...answer("a", "q"), text: "Всё сразу", seq: 40, state: "running" }
  const after = fold(emptyAnswer("a", "q"), 40, { type: "snapshot", message })
  assert.equal(after.text, "Всё сразу")
  assert.equal(fold(after, 40, { type: "text", text: "!" }), after)
  assert.equal(fold(after, 41, { type: "text", text: "!" }).text, "Всё сразу!")
})

test("a second reading does not take back what the stream has brought meanwhile", () => {
  const ahead = reduce(reduce(emptyChat(), { type: "opened", id: "c", messages: [question("q"), emptyAnswer("a", "q", { seq: 1 })] }),
    { type: "streamed", answer: "a", events: [{ seq: 2, event: { type: "text", text: "новое" } }] })
  const read = reduce(ahead, { type: "opened", id: "c", messages: [question("q"), emptyAnswer("a", "q", { seq: 1 })] })
  assert.equal(read.messages.get("a")?.text, "новое")
})

test("seams cut the text by code points, as Python counts", () => {
  const seam = { at: 2, from: "A", to: "B", code: "provider_unreachable" }
  assert.deepEqual(piecesBetweenSeams(answer("a", "q", { text: "🧩🧩дальше", seams: [seam] })), ["🧩🧩", "дальше"])
  assert.deepEqual(piecesBetweenSeams(answer("a", "q", { text: "цело" })), ["цело"])
})

test("the time of thinking runs from its first piece to the first word", () => {
  let chat = reduce(emptyChat(), { type: "asked", conversation: "c", question: question("q"), answer: emptyAnswer("a", "q") })
  const say = (seq, type, at) => { chat = reduce(chat, { type: "streamed", answer: "a", at, events: [{ seq, event: { type, text: "…" } }] }) }
  say(1, "reasoning", 1000)
  say(2, "reasoning", 3000)
  say(3, "text", 5000)
  say(4, "text", 9000)
  assert.deepEqual(chat.messages.get("a")?.thinking, { from: 1000, to: 5000 })
})

test("speed is known only where tokens and time were counted", () => {
  assert.equal(speed({ prompt_tokens: 1, completion_tokens: 40, reasoning_tokens: 0, seconds: 2 }), 20)
  assert.equal(speed({ prompt_tokens: 1, completion_tokens: 40, reasoning_tokens: 0, seconds: null }), null)
  assert.equal(speed(null), null)
})

test("a version that nothing follows does not hide the branch one talks in", () => {
  const chat = reduce(emptyChat(), { type: "opened", id: "c", messages: [question("q1"), answer("a1", "q1"), answer("a2", "q1"), question("q2", "a1"), answer("a3", "q2")] })
  assert.deepEqual(branch(chat), ["q1", "a1", "q2", "a3"])
})

test("a new message is shown; a known one takes what the server says and keeps what the page knows", () => {
  let chat = reduce(tree(), { type: "put", message: answer("a5", "q1", { text: "Иначе", edited_from: "a1", key: undefined }) })
  assert.deepEqual(branch(chat), ["q1", "a5"])
  chat = reduce(chat, { type: "put", message: { ...answer("a1", "q1", { pinned: true }), key: undefined } })
  assert.deepEqual([chat.messages.get("a1")?.pinned, chat.messages.get("a1")?.key], [true, undefined])
  assert.equal(chat.order.length, 8)
})

// Answers beside each other

const columns = chat => Object.fromEntries(columnsOf(chat, branch(chat), childrenOf(chat)))
const asked = () => reduce(emptyChat(), {
  type: "asked", conversation: "c", question: question("q"), answer: emptyAnswer("pending-q", "q", { model: "m1" }),
  beside: [emptyAnswer("b", "q", { model: "m2", compared: "pending-q" }), emptyAnswer("d", "q", { model: "m3", compared: "pending-q" })],
})
const started = chat => reduce(chat, { type: "streamed", answer: "pending-q", events: [{ seq: 1, event: { type: "started", conversation: "c", question: "q", answer: "a" } }] })

test("answers asked for together stand side by side, also before and after the server names the first", () => {
  assert.deepEqual(columns(asked()), { "pending-q": ["pending-q", "b", "d"] })
  assert.deepEqual(columns(started(asked())), { a: ["a", "b", "d"] })
  assert.equal(started(asked()).messages.get("d")?.compared, "a")
})

test("the first one's name does not take a person away from the version they look at", () => {
  const chat = started(reduce(asked(), { type: "chosen", message: "d" }))
  assert.deepEqual(branch(chat), ["q", "d"])
})

test("they stand side by side after a reload, until one is kept or gone on with", () => {
  const messages = [question("q"), answer("a", "q"), answer("b", "q", { compared: "a" })]
  const open = more => reduce(emptyChat(), { type: "opened", id: "c", messages: [...messages, ...more] })
  assert.deepEqual(columns(open([])), { b: ["a", "b"] })
  assert.deepEqual(columns(open([question("q2", "a"), answer("a2", "q2")])), {})
  const kept = reduce(emptyChat(), { type: "opened", id: "c", messages: [messages[0], { ...messages[1], kept: true }, messages[2]] })
  assert.deepEqual([columns(kept), branch(kept)], [{}, ["q", "a"]])
})

test("a person may put them together and side by side again", () => {
  const together = reduce(started(asked()), { type: "spread", question: "q", open: false })
  assert.deepEqual(columns(together), {})
  assert.deepEqual(columns(reduce(together, { type: "spread", question: "q", open: true })), { a: ["a", "b", "d"] })
})

test("a refused column goes away alone, and a failed one makes place for its next attempt", () => {
  const chat = reduce(started(asked()), { type: "refused", question: null, answer: "b" })
  assert.deepEqual(columns(chat), { a: ["a", "d"] })
  const failed = reduce(chat, { type: "streamed", answer: "d", events: [{ seq: Infinity, event: { type: "failed", state: "failed", code: "too_many_answers" } }] })
  const again = reduce(reduce(failed, { type: "put", message: emptyAnswer("e", "q", { model: "m3", compared: "a" }) }), { type: "chosen", message: "a" })
  assert.deepEqual(columns(again), { a: ["a", "e"] })
})

test("another version is no column", () => {
  const chat = reduce(started(asked()), { type: "regenerated", answer: emptyAnswer("alone", "q") })
  assert.deepEqual([columns(chat), branch(chat)], [{}, ["q", "alone"]])
  assert.deepEqual(comparedWith(chat, "b", childrenOf(chat)), ["a", "b", "d"])
})

test("a cost is known where tokens and prices are", () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 500, reasoning_tokens: 0, seconds: null }
  assert.equal(cost(usage, { prompt: 2, completion: 8 }), 0.006)
  assert.equal(cost(usage, null), 0)
  assert.equal(cost(null, { prompt: 2, completion: 8 }), 0)
})
