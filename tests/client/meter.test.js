/** The meter says what prompt.py will do: how full the memory is, and what no longer fits. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { fullness, tokens } from "../../client/js/meter.js"

/** A question and an answer of so many tokens each, so many times. */
function talk(pairs, size = 94) {
  const text = "a".repeat((size - 6) * 4)
  return Array.from({ length: pairs * 2 }, (_, at) => ({ id: `${at}`, parent_id: null, role: at % 2 ? "assistant" : "user", text }))
}

test("a token is four bytes, and a message has an overhead", () => {
  assert.equal(tokens("abcd"), 7)
  assert.equal(tokens("слово"), 8)
})

test("a quarter of the memory is the answer's, unless it may take less", () => {
  const path = talk(2, 100)
  assert.equal(fullness(path, "", 1600).share, 400 / 1200)
  assert.equal(fullness(path, "", 1600, { answer: 800 }).share, 400 / 800)
})

test("what the role says takes its room, and is not counted twice", () => {
  const path = talk(2, 100)
  assert.equal(fullness(path, "", 1600, { role: 94 * 4 }).share, 400 / 1100)
  path[3].usage = { prompt_tokens: 640, completion_tokens: 60 }
  assert.equal(fullness(path, "", 1600, { role: 94 * 4 }).share, 600 / 1100)
})

test("what is being written counts", () => {
  const path = talk(2, 100)
  assert.ok(fullness(path, "x".repeat(400), 1600).share > fullness(path, "", 1600).share)
})

test("the account of the last answer counts for all before it", () => {
  const path = talk(2, 100)
  path[3].usage = { prompt_tokens: 900, completion_tokens: 60 }
  assert.equal(fullness(path, "", 1600).share, 960 / 1200)
  const next = { id: "q", parent_id: null, role: "user", text: "a".repeat(94 * 4) }
  assert.equal(fullness([...path, next], "", 1600).share, 1060 / 1200)
})

test("what no longer fits is counted from the beginning, in pairs", () => {
  const path = talk(5, 100)
  assert.deepEqual(fullness(path, "", 2000), { share: 1000 / 1500, dropped: 0 })
  assert.equal(fullness(path, "", 800).dropped, 4)
  assert.equal(fullness(path, "", 800).share >= 1, true)
  assert.equal(fullness(path, "", 700).dropped, 6)
})

test("an answer without a word takes no room", () => {
  const path = talk(1, 100)
  path[1].text = ""
  assert.equal(fullness(path, "", 1600).share, 100 / 1200)
})
