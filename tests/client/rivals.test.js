/** Two to four models can be asked at once, each of them once. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { MOST, isAmong, toggled } from "../../client/js/rivals.js"

const rival = (model, provider = "P") => ({ model, provider })

test("a model is chosen, and chosen off again", () => {
  const two = toggled(toggled([], rival("a")), rival("b"))
  assert.deepEqual(two, [rival("a"), rival("b")])
  assert.deepEqual(toggled(two, rival("a")), [rival("b")])
})

test("models of one name and other providers are others", () => {
  assert.ok(!isAmong([rival("a")], rival("a", "Q")))
  assert.equal(toggled([rival("a")], rival("a", "Q")).length, 2)
})

test("one too many changes nothing", () => {
  const full = ["a", "b", "c", "d"].map(model => rival(model))
  assert.equal(full.length, MOST)
  assert.equal(toggled(full, rival("e")), full)
})
