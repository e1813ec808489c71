/** The guide's links: what «Помощник» and the guide's pages lead to. */
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { anchor, linked } from "../../client/js/markdown/guide.js"
import { linkTarget } from "../../client/js/markdown/links.js"

const GUIDE = new URL("../../docs/guide/", import.meta.url)

test("a section of the guide may be linked to from an answer", () => {
  const target = linkTarget("help/ru/ollama.md#подключить-ollama")
  assert.deepEqual(target, { href: "help/ru/ollama.md#подключить-ollama", host: "", inside: true, guide: true })
})

test("no other relative address becomes a link", () => {
  for (const address of ["help/ru/../../login", "help/de/ollama.md", "help/ru/ollama", "/help/ru/ollama.md", "../help/ru/a.md", "help/ru/a.md?x", "login"]) {
    assert.equal(linkTarget(address), null, address)
  }
})

test("anchors are made as on the server", () => {
  assert.equal(anchor("Ключ Yandex AI Studio (YandexGPT, Alice AI)"), "ключ-yandex-ai-studio-yandexgpt-alice-ai")
  assert.equal(anchor("Подключить llama.cpp"), "подключить-llamacpp")
  assert.equal(anchor("Ещё ёлка: да"), "ещё-ёлка-да")
})

test("every link of every document leads to a heading that is there", () => {
  let count = 0
  for (const language of ["ru", "en"]) {
    const texts = new Map(readdirSync(new URL(language, GUIDE)).map(name => [name, readFileSync(new URL(`${language}/${name}`, GUIDE), "utf8")]))
    const headings = (/** @type {string} */ text) => [...text.matchAll(/^#{1,2} (.+)$/gm)].map(found => anchor(found[1]))
    for (const [own, text] of texts) {
      for (const [, address] of linked(text, language).matchAll(/\]\((help\/[^)]+|#[^)]+)\)/g)) {
        count += 1
        assert.ok(linkTarget(address), address)
        const [path, part] = address.split("#")
        const target = texts.get(path.split("/").at(-1) || own)
        assert.ok(target && (!part || headings(target).includes(part)), `${language}/${own}: ${address}`)
      }
    }
  }
  assert.ok(count > 40)
})
