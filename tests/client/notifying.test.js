/** What a notification says. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { firstWords } from "../../client/js/notifying.js"

test("a notification says the first words, without the signs of Markdown", () => {
  assert.equal(firstWords("## Итог\n\n- **Первое** и `второе`\n> цитата"), "Итог Первое и второе цитата")
  assert.equal(firstWords("```python\nprint(1)\n```"), "print(1)")
  assert.equal(firstWords(""), "")
})

test("a long answer is cut between words", () => {
  const said = firstWords("слово ".repeat(100))
  assert.ok(said.length <= 141)
  assert.match(said, /слово…$/)
})
