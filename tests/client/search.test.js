/** What was found, marked in its text. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { cut } from "../../client/js/components/marked.js"

const shown = (text, ranges) => cut(text, ranges).map(({ part, marked }) => (marked ? `[${part}]` : part)).join("")

test("the places that the server names are marked and nothing else is changed", () => {
  assert.equal(shown("Расскажи про ёлку и снег", [[0, 8], [20, 24]]), "[Расскажи] про ёлку и [снег]")
  assert.equal(shown("ёлка", []), "ёлка")
  assert.equal(shown("", []), "")
})

test("places are counted in characters as people see them, not in halves", () => {
  assert.equal(shown("🎄🎄 ёлка 🎄", [[3, 7]]), "🎄🎄 [ёлка] 🎄")
})

test("what is no place in the text is left out", () => {
  assert.equal(shown("ёлка", [[2, 2], [3, 9], [-1, 2]]), "ёлка")
  assert.equal(shown("а б в", [[2, 3], [0, 1], [4, 5]]), "а [б] [в]")
})

test("markup in a text stays text", () => {
  assert.deepEqual(cut("<b>ёлка</b>", [[3, 7]]).map(({ part }) => part), ["<b>", "ёлка", "</b>"])
})
