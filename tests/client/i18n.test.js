/** Sentences: plural forms, numbers and places, from the very files the page reads; and what happens while some are missing. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, beforeEach, test } from "node:test"

const { fetch: realFetch } = globalThis
/** Every file asked for, by name. @type {string[]} */
const asked = []
/** Files that are not as they lie on the disk; null: not there. @type {Record<string, object | null>} */
let instead = {}
/** @type {typeof import("../../client/js/i18n.js")} */
let i18n

const RUSSIAN = read("ru")

/** @param {string} name */
function read(name) {
  return JSON.parse(readFileSync(new URL(`../../client/locales/${name}.json`, import.meta.url), "utf8"))
}

before(() => {
  globalThis.fetch = /** @type {any} */ (async (/** @type {URL} */ url) => {
    const name = url.pathname.split("/").at(-1)?.replace(".json", "") ?? ""
    asked.push(name)
    if (name in instead) return instead[name] ? Response.json(instead[name]) : new Response("", { status: 404 })
    return new Response(readFileSync(url))
  })
})
after(() => {
  globalThis.fetch = realFetch
  Reflect.deleteProperty(globalThis, "document")
})
/** Each test has a page of its own, which came in Russian. */
let page = 0
beforeEach(async () => open({}))

/** @param {Record<string, string>} dataset */
async function open(dataset) {
  asked.length = 0
  instead = {}
  globalThis.document = /** @type {any} */ ({ documentElement: { lang: "ru", dir: "ltr", dataset }, querySelector: () => null })
  i18n = await import(`../../client/js/i18n.js?${page++}`)
}

/** Let what was fetched arrive: until the sentence is there, or so long that it never will. @param {string} key */
async function arrive(key) {
  for (let times = 0; times < 500 && i18n.t(key, { count: 1 }) === ""; times++) await new Promise(resolve => setTimeout(resolve, 10))
}

test("the first page fetches one file of one language", async () => {
  await i18n.startLanguage("")
  assert.equal(i18n.t("composer.send"), RUSSIAN["composer.send"])
  assert.deepEqual(asked, ["ru"])
})

test("a sentence of the second file arrives when it is asked for", async () => {
  await i18n.startLanguage("")
  assert.equal(i18n.t("models.count", { count: 2 }), "")
  await arrive("models.count")
  assert.equal(i18n.t("models.count", { count: 2 }), "2 модели")
  assert.deepEqual(asked, ["ru", "ru.more"])
})

test("Russian counts in three forms", async () => {
  await i18n.startLanguage("ru")
  await i18n.loadRest()
  const said = [1, 2, 5, 11, 21, 104].map(count => i18n.t("models.count", { count }))
  assert.deepEqual(said, ["1 модель", "2 модели", "5 моделей", "11 моделей", "21 модель", "104 модели"])
})

test("numbers and lists are written as the language writes them", async () => {
  await i18n.startLanguage("ru")
  await i18n.loadRest()
  assert.equal(i18n.t("answer.speed", { rate: 38.1 }), "38,1 ток/с")
  await i18n.loadLanguage("en")
  assert.equal(i18n.t("answer.speed", { rate: 38.1 }), "38.1 tok/s")
  assert.equal(i18n.t("models.count", { count: 1 }), "1 model")
  assert.equal(i18n.list(["a", "b"]), "a, b")
})

test("the page's language and its direction are named in the document", async () => {
  instead = { languages: { en: { name: "English", direction: "ltr" }, xa: { name: "X", direction: "rtl" } }, xa: {}, "xa.more": {} }
  await i18n.startLanguage("")
  await i18n.loadLanguage("xa")
  assert.deepEqual([document.documentElement.lang, document.documentElement.dir], ["xa", "rtl"])
  await i18n.loadLanguage("en")
  assert.deepEqual([document.documentElement.lang, document.documentElement.dir], ["en", "ltr"])
})

test("a language that is not there leaves the page in the one it came in", async () => {
  instead = { tlh: null }
  await i18n.startLanguage("tlh")
  assert.equal(i18n.language(), "ru")
  await assert.rejects(i18n.loadLanguage("tlh"))
  assert.equal(i18n.t("composer.send"), RUSSIAN["composer.send"])
})

test("a language chosen while another is on its way wins", async () => {
  await i18n.startLanguage("")
  await Promise.all([i18n.loadRest(), i18n.loadLanguage("en"), i18n.loadLanguage("ru"), i18n.loadLanguage("en")])
  assert.equal(i18n.language(), "en")
  assert.equal(i18n.t("models.count", { count: 1 }), "1 model")
})

test("a sentence that is not translated yet is English, silently, and only then is English fetched", async () => {
  const { "composer.send": _, ...others } = RUSSIAN
  instead = { ru: others, "ru.more": {} }
  await i18n.startLanguage("")
  await i18n.loadRest()
  assert.equal(i18n.t("composer.stop"), RUSSIAN["composer.stop"])
  assert.ok(!asked.includes("en"))
  assert.equal(i18n.t("composer.send"), "")
  await arrive("composer.send")
  assert.equal(i18n.t("composer.send"), read("en")["composer.send"])
  assert.equal(i18n.t("models.count", { count: 1 }), "1 model")
})

test("in development such a sentence is marked", async () => {
  await open({ debug: "on" })
  const { "composer.send": _, ...others } = RUSSIAN
  instead = { ru: others }
  await i18n.startLanguage("")
  await i18n.loadRest()
  i18n.t("composer.send")
  await arrive("composer.send")
  assert.equal(i18n.t("composer.send"), `⟦${read("en")["composer.send"]}⟧`)
})

test("a sentence that nobody has is seen as its key", async () => {
  await i18n.startLanguage("")
  await i18n.loadRest()
  i18n.t("no.such")
  await arrive("no.such")
  assert.equal(i18n.t("no.such"), "no.such")
})

test("when the rest cannot be had, what is here still speaks, and it is asked for again later", async () => {
  instead = { "ru.more": null }
  await i18n.startLanguage("")
  await assert.rejects(i18n.loadRest())
  assert.equal(i18n.t("composer.send"), RUSSIAN["composer.send"])
  instead = {}
  await i18n.loadRest()
  assert.equal(i18n.t("models.count", { count: 1 }), "1 модель")
})

test("a value is text, also when it looks like a place for another", async () => {
  await i18n.startLanguage("")
  assert.match(i18n.t("sidebar.actions", { title: "{count} $& <b>" }), /\{count\} \$& <b>/)
})

test("what the server keeps in two languages is English for all others", async () => {
  instead = { fr: {}, languages: { fr: { name: "Français", direction: "ltr" } } }
  await i18n.startLanguage("")
  assert.equal(i18n.localized({ ru: "роль", en: "role" }), "роль")
  await i18n.loadLanguage("fr")
  assert.equal(i18n.localized({ ru: "роль", en: "role" }), "role")
})

test("where one reads from right to left, a name does not turn the words around it", async () => {
  instead = { languages: { xa: { name: "X", direction: "rtl" } }, xa: { said: "{name}: {count}" } }
  await i18n.startLanguage("")
  assert.equal(i18n.isolated("qwen3:8b"), "qwen3:8b")
  await i18n.loadLanguage("xa")
  assert.equal(i18n.t("said", { name: "qwen3:8b", count: 2 }), `\u2068qwen3:8b\u2069: ${i18n.number(2)}`)
  assert.equal(i18n.isolated(""), "")
})
