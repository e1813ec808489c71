/** A slash at the beginning of a line asks for prompts; their places are gone through one after another. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { matching, nextPlace, slashed, variables } from "../../client/js/slash.js"

const entry = (id, ...names) => ({ id, names, title: "", more: "" })

test("a slash counts at the beginning of a line only", () => {
  assert.deepEqual(slashed("/", 1), { from: 0, word: "" })
  assert.deepEqual(slashed("/крат", 5), { from: 0, word: "крат" })
  assert.deepEqual(slashed("привет\n  /кр и дальше", 12), { from: 9, word: "кр" })
  for (const text of ["и/или", "привет /к", "/usr/bin", "/два слова", "", "//"]) assert.equal(slashed(text, text.length), null, text)
})

test("only what stands before the caret is looked at", () => {
  assert.deepEqual(slashed("/кратко", 3), { from: 0, word: "кр" })
  assert.equal(slashed("/кратко", 0), null)
})

test("beginnings come before the middle, in any case, without minding yo", () => {
  const entries = [entry("a", "перевод", "translate"), entry("b", "Вод"), entry("c", "счёт")]
  assert.deepEqual(matching(entries, "вод").map(({ id }) => id), ["b", "a"])
  assert.deepEqual(matching(entries, "СЧЕТ").map(({ id }) => id), ["c"])
  assert.deepEqual(matching(entries, "trans").map(({ id }) => id), ["a"])
  assert.deepEqual(matching(entries, "").map(({ id }) => id), ["a", "b", "c"])
  assert.deepEqual(matching(entries, "zzz"), [])
})

test("variables are the ones that the server knows", () => {
  assert.deepEqual(variables("{{язык}} и {{ тон }}, снова {{язык}}"), ["язык", "тон"])
  assert.deepEqual(variables("{{о чём}} {{}} {{ }} {x} {{a\nb}}"), ["о чём"])
  assert.deepEqual(variables("{{".repeat(5_000)), [])
})

test("places are gone through forwards and backwards", () => {
  const text = "a {{b}} c {{d}}"
  assert.deepEqual(nextPlace(text, 0), [2, 7])
  assert.deepEqual(nextPlace(text, 7), [10, 15])
  assert.equal(nextPlace(text, 15), null)
  assert.deepEqual(nextPlace(text, 10, true), [2, 7])
  assert.equal(nextPlace(text, 2, true), null)
})
