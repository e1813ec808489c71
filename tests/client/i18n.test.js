/** Sentences: plural forms, numbers and places, from the very files the page reads. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, test } from "node:test"
import { loadLanguage, t } from "../../client/js/i18n.js"

const { fetch: realFetch } = globalThis

before(() => {
  globalThis.document = { documentElement: {} }
  globalThis.fetch = async url => new Response(readFileSync(new URL(url)))
})
after(() => {
  globalThis.fetch = realFetch
  delete globalThis.document
})

test("Russian counts in three forms", async () => {
  await loadLanguage("ru")
  const said = [1, 2, 5, 11, 21, 104].map(count => t("models.count", { count }))
  assert.deepEqual(said, ["1 модель", "2 модели", "5 моделей", "11 моделей", "21 модель", "104 модели"])
})

test("numbers are written as the language writes them", async () => {
  await loadLanguage("ru")
  assert.equal(t("answer.speed", { rate: 38.1 }), "38,1 ток/с")
  await loadLanguage("en")
  assert.equal(t("answer.speed", { rate: 38.1 }), "38.1 tok/s")
  assert.equal(t("models.count", { count: 1 }), "1 model")
})

test("the page's language is named in the document", async () => {
  await loadLanguage("en")
  assert.equal(globalThis.document.documentElement.lang, "en")
})

test("a missing sentence is seen as its key", () => assert.equal(t("no.such"), "no.such"))

test("a value is text, also when it looks like a place for another", () => {
  assert.match(t("sidebar.actions", { title: "{count} $& <b>" }), /\{count\} \$& <b>/)
})
