/** The list of conversations: its order, its groups, and what other tabs did to it. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { emptyList, groupByDay, reduce } from "../../client/js/conversations.js"

const item = (id, updated_at, more = {}) => ({
  id, title: id, model: null, provider: null, role: null, created_at: updated_at, updated_at, revision: 1, running: false, ...more,
})
const listed = (items, next = null) => reduce(emptyList(), { type: "listed", items, next })
const ids = list => list.items.map(({ id }) => id)

test("the newest conversation is on top, also after it was written in", () => {
  const list = listed([item("a", 3), item("b", 2)])
  assert.deepEqual(ids(reduce(list, { type: "saved", conversation: item("b", 9) })), ["b", "a"])
})

test("what was deleted in another tab is gone after a refresh", () => {
  assert.deepEqual(ids(reduce(listed([item("a", 3), item("b", 2)]), { type: "listed", items: [item("b", 2)], next: null })), ["b"])
})

test("a refresh of the first page keeps the older pages that were read", () => {
  let list = listed([item("a", 9), item("b", 8)], "page 2")
  list = reduce(list, { type: "continued", items: [item("c", 2), item("d", 1)], next: "page 3" })
  list = reduce(list, { type: "listed", items: [item("new", 10), item("a", 9)], next: "page 2" })
  assert.deepEqual(ids(list), ["new", "a", "b", "c", "d"])
  assert.equal(list.next, "page 3")
})

test("a page that comes twice doubles nothing", () => {
  const list = reduce(listed([item("a", 3)], "more"), { type: "continued", items: [item("a", 3), item("b", 1)], next: null })
  assert.deepEqual(ids(list), ["a", "b"])
})

test("renaming, removing and running touch one conversation", () => {
  let list = listed([item("a", 3), item("b", 2)])
  list = reduce(list, { type: "renamed", id: "a", title: "Новое имя" })
  list = reduce(list, { type: "ran", id: "a", running: true })
  assert.deepEqual(list.items.map(({ title, running }) => [title, running]), [["Новое имя", true], ["b", false]])
  assert.deepEqual(ids(reduce(list, { type: "removed", id: "a" })), ["b"])
})

test("what is archived leaves the list and comes back", () => {
  let list = listed([item("a", 3), item("b", 2)])
  list = reduce(list, { type: "saved", conversation: item("a", 3, { archived_at: 5 }) })
  assert.deepEqual(ids(list), ["b"])
  assert.deepEqual(ids(reduce(list, { type: "saved", conversation: item("a", 3, { archived_at: null }) })), ["a", "b"])
})

test("what is pinned is known however old it is, and forgotten when it is pinned no more", () => {
  const old = item("old", 1, { pinned: true })
  let list = reduce(emptyList(), { type: "listed", items: [item("a", 9)], next: "page 2", pinned: [old] })
  assert.deepEqual(ids(list), ["a", "old"])
  assert.equal(list.next, "page 2")
  list = reduce(list, { type: "listed", items: [item("a", 9)], next: "page 2", pinned: [] })
  assert.deepEqual(ids(list), ["a"])
})

test("what is pinned stands above all days", () => {
  const now = new Date(2026, 10, 20, 12).getTime()
  const groups = groupByDay([item("new", now / 1000), item("old", 1, { pinned: true })], now)
  assert.deepEqual(groups.map(({ period, items }) => [period, items[0].id]), [["pinned", "old"], ["today", "new"]])
})

test("days are those of the calendar, not of 24 hours", () => {
  const now = new Date(2026, 10, 20, 0, 30).getTime()
  const at = (day, hour) => new Date(2026, 10, day, hour).getTime() / 1000
  const groups = groupByDay([item("a", at(20, 0)), item("b", at(19, 23)), item("c", at(18, 1)), item("d", at(1, 12)), item("e", at(-40, 12))], now)
  assert.deepEqual(groups.map(({ period, items }) => [period, items[0].id]),
    [["today", "a"], ["yesterday", "b"], ["week", "c"], ["month", "d"], ["older", "e"]])
})

test("many are kept and gone at once, and what is archived leaves the list", () => {
  let list = listed([item("a", 3), item("b", 2), item("c", 1)])
  list = reduce(list, { type: "kept", conversations: [item("a", 3, { archived_at: 9 }), item("b", 2, { folder: "Дом" }), item("d", 5)] })
  assert.deepEqual(ids(list), ["d", "b", "c"])
  assert.equal(list.items[1].folder, "Дом")
  assert.deepEqual(ids(reduce(list, { type: "gone", ids: ["b", "d"] })), ["c"])
})

test("the names of the shelves come with the list and outlive one that does not tell them", () => {
  const folders = [{ name: "Дом", count: 1 }]
  let list = reduce(emptyList(), { type: "listed", items: [item("a", 3)], next: null, folders, tags: [] })
  assert.deepEqual(list.folders, folders)
  list = reduce(list, { type: "listed", items: [item("a", 3)], next: null })
  assert.deepEqual(list.folders, folders)
})

test("what is in a folder stands among no days, unless it is pinned", () => {
  const now = new Date(2026, 4, 5, 12).getTime()
  const at = now / 1000 - 60
  const groups = groupByDay([item("a", at, { folder: "Дом" }), item("b", at), item("c", at, { folder: "Дом", pinned: true })], now)
  assert.deepEqual(groups.map(({ period, items }) => [period, items.map(({ id }) => id)]), [["pinned", ["c"]], ["today", ["b"]]])
})
