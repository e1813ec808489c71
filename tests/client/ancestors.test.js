/** Moving what the pages of 2023 kept in a browser: nothing is taken away before the server has it, and nothing else ever. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { find, isPostponed, move, postpone } from "../../client/js/ancestors.js"

/** localStorage, as far as it is used. `clear` is not: it would take the settings of every page along. */
class Kept {
  constructor(entries) { this.entries = new Map(Object.entries(entries)) }
  get length() { return this.entries.size }
  key(at) { return [...this.entries.keys()][at] ?? null }
  getItem(name) { return this.entries.get(name) ?? null }
  setItem(name, value) { this.entries.set(name, String(value)) }
  removeItem(name) { this.entries.delete(name) }
}

const chat = (id, text = "Привет") => JSON.stringify({ id, title: text, items: [{ role: "user", content: text }, { role: "assistant", content: "…" }] })
const OTHERS = { theme: "theme-dark", model: "2", "chat.preferences": "{}", "API-key": "secret", conversations: "x" }
const kept = () => new Kept({ ...OTHERS, "conversation:a": chat("a"), "conversation:b": chat("b"), "conversation:empty": chat("e").replace(/\[.*\]/, "[]"), "conversation:broken": "{" })
const takeAll = async sent => ({ stored: Object.keys(sent).map(name => name.slice("conversation:".length)), conversations: Object.keys(sent).length })

test("only conversations in which something was said are found", () => {
  assert.deepEqual(find(kept()), ["conversation:a", "conversation:b"])
})

test("what the server has confirmed is taken away, everything else stays", async () => {
  const storage = kept()
  assert.equal(await move(storage, takeAll), 2)
  assert.deepEqual([...storage.entries.keys()], [...Object.keys(OTHERS), "conversation:empty", "conversation:broken"])
})

test("what the server has not confirmed stays", async () => {
  const storage = kept()
  assert.equal(await move(storage, async () => ({ stored: ["b", "theme", "../a"], conversations: 1 })), 1)
  assert.deepEqual(find(storage), ["conversation:a"])
  assert.equal(storage.getItem("theme"), "theme-dark")
})

test("when the server refuses nothing is lost", async () => {
  const storage = kept()
  const before = [...storage.entries]
  await assert.rejects(move(storage, async () => { throw new Error("503") }))
  assert.deepEqual([...storage.entries], before)
})

test("what an old page wrote while it was sent stays", async () => {
  const storage = kept()
  await move(storage, async sent => {
    storage.setItem("conversation:a", chat("a", "ещё"))
    return takeAll(sent)
  })
  assert.deepEqual(find(storage), ["conversation:a"])
})

test("much is sent in portions, and each is taken away when it has arrived", async () => {
  const storage = new Kept({ "conversation:a": chat("a", "я".repeat(200_000)), "conversation:b": chat("b", "ю".repeat(200_000)), "conversation:c": chat("c") })
  const portions = []
  await assert.rejects(move(storage, async sent => {
    portions.push(Object.keys(sent))
    if (portions.length === 2) throw new Error("no line")
    return takeAll(sent)
  }))
  assert.deepEqual(portions, [["conversation:a"], ["conversation:b", "conversation:c"]])
  assert.deepEqual(find(storage), ["conversation:b", "conversation:c"])
})

test("not now is remembered and takes nothing away", () => {
  const storage = kept()
  assert.equal(isPostponed(storage), false)
  postpone(storage)
  assert.equal(isPostponed(storage), true)
  assert.equal(find(storage).length, 2)
})
