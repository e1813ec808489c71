/** The store tells as few as possible as rarely as possible, and loses nothing of what it was told. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { emptyAnswer } from "../../client/js/chat.js"
import { answering, chat, dispatch, flush, messageSignal, openId, path } from "../../client/js/store.js"
import { effect } from "../../client/js/view.js"

const question = { id: "q", parent_id: null, role: "user", text: "?" }
const say = (seq, text) => dispatch({ type: "streamed", answer: "a", events: [{ seq, event: { type: "text", text } }] })

/** How often something was drawn, without the first time. */
function count(read) {
  let times = -1
  const stop = effect(() => {
    read()
    times += 1
  })
  return () => {
    stop()
    return times
  }
}

function begin() {
  dispatch({ type: "left" })
  dispatch({ type: "asked", conversation: "c", question, answer: emptyAnswer("a", "q") })
}

test("many pieces of an answer are one change, and only of that answer", () => {
  begin()
  const [ofAnswer, ofQuestion] = [count(() => messageSignal("a").value), count(() => messageSignal("q").value)]
  const [ofPath, ofId] = [count(() => path.value), count(() => openId.value)]
  for (let seq = 1; seq <= 100; seq += 1) say(seq, "слово ")
  flush()
  assert.equal(chat.value.messages.get("a")?.text, "слово ".repeat(100))
  assert.deepEqual([ofAnswer(), ofQuestion(), ofPath(), ofId()], [1, 0, 0, 0])
})

test("what a person does is not overtaken by what still waits to be drawn", () => {
  begin()
  say(1, "раньше")
  dispatch({ type: "chosen", message: "a" })
  assert.equal(chat.value.messages.get("a")?.text, "раньше")
})

test("pieces wait for a frame, and come without one in a hidden page", async () => {
  begin()
  say(1, "скоро")
  assert.equal(chat.value.messages.get("a")?.text, "")
  await new Promise(resolve => {
    const stop = effect(() => { if (messageSignal("a").value.text) queueMicrotask(() => resolve(stop())) })
  })
  assert.equal(chat.value.messages.get("a")?.text, "скоро")
})

test("the page knows which answer is being written, until it ends", () => {
  begin()
  assert.equal(answering.value, "a")
  dispatch({ type: "streamed", answer: "a", events: [{ seq: 1, event: { type: "finished", state: "stopped" } }] })
  flush()
  assert.equal(answering.value, "")
})

test("a machine that draws slowly is given a rest between two drawings", async () => {
  begin()
  /** @type {((started: number) => void)[]} */
  const frames = []
  const before = { document: globalThis.document, requestAnimationFrame: globalThis.requestAnimationFrame }
  Object.assign(globalThis, { document: { hidden: false }, requestAnimationFrame: frame => frames.push(frame) })
  try {
    say(1, "раз ")
    assert.equal(frames.length, 1)
    frames[0](performance.now() - 1_000)
    await new Promise(resolve => setTimeout(resolve, 5))
    say(2, "два ")
    assert.equal(frames.length, 1)
    while (frames.length < 2) await new Promise(resolve => setTimeout(resolve, 5))
    flush()
    assert.equal(chat.value.messages.get("a")?.text, "раз два ")
  } finally {
    Object.assign(globalThis, before)
  }
})
