/** What an address may ask for, and where a login leads back to. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { wanted } from "../../client/js/prefill.js"
import { wayBack } from "../../client/js/way-back.js"

const ROOT = new URL("https://chat.example.org/sub/")
const back = next => wayBack(`?${new URLSearchParams({ next })}`, ROOT).href

test("an address brings text, model, provider, role and the web", () => {
  const asked = wanted("?q=%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82+%D0%BC%D0%B8%D1%80&model=qwen3:8b&provider=Ollama&role=tutor&web=1")
  assert.deepEqual(asked, { text: "привет мир", model: "qwen3:8b", provider: "Ollama", role: "tutor", web: true, find: false })
  assert.deepEqual(wanted("?web=yes"), { text: "", model: "", provider: "", role: "", web: false, find: false })
})

test("what another app shares is joined without saying anything twice", () => {
  const shared = fields => wanted(`?${new URLSearchParams(fields)}`).text
  assert.equal(shared({ title: "Ёлка", q: "Статья", url: "https://example.org/a" }), "Ёлка\nСтатья\nhttps://example.org/a")
  assert.equal(shared({ title: "Ёлка", q: "Ёлка https://example.org/a", url: "https://example.org/a" }), "Ёлка https://example.org/a")
  assert.equal(shared({ title: "Ёлка", q: "Ёлка" }), "Ёлка")
})

test("nothing invisible comes with an address, and nothing endless", () => {
  const hidden = [0xe0041, 0x202e, 0x200b, 0, 0x1b].map(code => String.fromCodePoint(code)).join("")
  assert.equal(wanted(`?q=${encodeURIComponent(`а${hidden}б\r\nв\tг 👨‍👩‍👧`)}`).text, "аб\nв\tг 👨‍👩‍👧")
  assert.equal(wanted(`?q=${"я".repeat(100_000)}`).text.length, 20_000)
})

test("a login leads back to what was wanted", () => {
  assert.equal(back("chat/abc"), `${ROOT}chat/abc`)
  assert.equal(back("?q=a&web=1"), `${ROOT}?q=a&web=1`)
  assert.equal(back("help/ru/access.md"), `${ROOT}help/ru/access.md`)
  assert.equal(back(""), ROOT.href)
  assert.equal(wayBack("", ROOT).href, ROOT.href)
})

test("a login leads nowhere else", () => {
  const strangers = [
    "//evil.test/chat/a", "https://evil.test/sub/chat/a", "\\\\evil.test", "/\\evil.test/sub/", "javascript:alert(1)", "data:text/html,x", "http://[",
    "https://chat.example.org:444/sub/chat/a", "http://chat.example.org/sub/", "../other/chat/a", "/chat/a", "..//evil.test", ".//evil.test",
    "login", "login?next=chat", "backend-api/v2/export", "assets/js/main.js", "chat/../backend-api/v2/export", "chatter", "blob:https://chat.example.org/a",
  ]
  for (const next of strangers) assert.equal(back(next), ROOT.href, next)
  assert.equal(back("https://user:password@chat.example.org/sub/chat/a"), `${ROOT}chat/a`)
  assert.equal(wayBack("?next=.%2F%2Fevil.test", new URL("https://chat.example.org/")).href, "https://chat.example.org/")
})
