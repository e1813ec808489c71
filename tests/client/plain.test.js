/** A text without its marks says what the marked one says. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { plainText } from "../../client/js/plain.js"

const WHOLE = "# Заголовок\n\nЭто **важно** и `код`.\n\n1. раз\n2. два\n   - внутри\n\n> цитата\n\n| а | б |\n|---|---|\n| 1 | *2* |\n\n```js\nlet x = 1\n```\n\n$x^2$ [сайт](https://example.org)"

test("marks go, words and their order stay", () => {
  assert.equal(plainText(WHOLE), "Заголовок\n\nЭто важно и код.\n\n1. раз\n2. два\n   • внутри\n\nцитата\n\nа\tб\n1\t2\n\nlet x = 1\n\nx^2 сайт (https://example.org)")
})

test("nobody reads code, tables and addresses aloud", () => {
  const said = plainText(`${WHOLE} и https://example.com/long?x=1`, { aloud: true })
  assert.equal(said.trim(), "Заголовок\n\nЭто важно и код.\n\nраз\nдва\nвнутри\n\nцитата\n\n сайт и")
})

test("raw HTML is text and nothing else, and an endless nest does not hang", () => {
  assert.equal(plainText("А <img src=x onerror=alert(1)> &lt;b&gt;"), "А <img src=x onerror=alert(1)> <b>")
  assert.ok(plainText("*_".repeat(3000) + "x").includes("x"))
  assert.ok(plainText(`${"> ".repeat(500)}глубоко`).includes("глубоко"))
})
