/** What is read aloud, in which language, in which pieces; and how words become a quotation. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { asQuote } from "../../client/js/quoting.js"
import { languageOf, piecesOf } from "../../client/js/speech.js"

test("the letters say the language, where they can", () => {
  assert.equal(languageOf("Привет, world", "en"), "ru")
  assert.equal(languageOf("Привіт", "uk"), "uk")
  assert.equal(languageOf("Hello", "de"), "de")
  assert.equal(languageOf("Hello", "ru"), "en")
})

test("a voice is given whole sentences, and nothing gets lost", () => {
  const text = Array.from({ length: 60 }, (_, i) => `Предложение номер ${i}.`).join(" ")
  const pieces = piecesOf(`${text}\n\n${"слово ".repeat(100)}\n${"ы".repeat(500)}`)
  assert.ok(pieces.every(piece => piece.length <= 220))
  assert.equal(pieces.join("").replace(/\s/g, ""), `${text}${"слово ".repeat(100)}${"ы".repeat(500)}`.replace(/\s/g, ""))
  assert.ok(pieces[0].endsWith("."))
  assert.deepEqual(piecesOf(" \n "), [])
})

test("every line of a quotation is marked", () => {
  assert.equal(asQuote(" раз\n\nдва \r\nтри\n"), "> раз\n>\n> два\n> три")
})
