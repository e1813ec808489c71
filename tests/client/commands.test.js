/** The table of commands: whoever reads it may rely on it. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { COMMANDS } from "../../client/js/commands.js"
import { isIcon } from "../../client/js/components/icon.js"
import { hint, keysOf, shortcutOf } from "../../client/js/keys.js"

const sentences = Object.assign({}, ...["ru", "ru.more"].map(name => JSON.parse(readFileSync(new URL(`../../client/locales/${name}.json`, import.meta.url), "utf8"))))
const pressed = (code, more = {}) => shortcutOf({ code, ctrlKey: true, shiftKey: false, altKey: false, metaKey: false, keyCode: 0, isComposing: false, ...more })?.name

test("every command has a name, a sentence and keys of its own", () => {
  const combinations = COMMANDS.filter(({ code }) => code).map(({ code, shift = false }) => `${code} ${shift}`)
  assert.equal(new Set(combinations).size, combinations.length)
  assert.equal(new Set(COMMANDS.map(({ name }) => name)).size, COMMANDS.length)
  for (const { name, says, keys, run, code, icon } of COMMANDS) {
    for (const key of says ?? [`help.${name}`]) assert.ok(sentences[key], key)
    if (keys.length) assert.ok(sentences[`help.${name}`], `${name} has keys and stands in the list of keys`)
    assert.ok(run || keys.length, `${name} does nothing`)
    if (code) assert.equal(keys.length, 1, name)
    if (icon) assert.ok(isIcon(icon), icon)
  }
})

test("a shortcut is the place of a key, with Ctrl or ⌘ and nothing else", () => {
  assert.equal(pressed("KeyK"), "search")
  assert.equal(pressed("KeyK", { key: "л" }), "search")
  assert.equal(pressed("KeyK", { shiftKey: true }), "palette")
  assert.equal(pressed("KeyK", { ctrlKey: false, metaKey: true }), "search")
  assert.equal(pressed("KeyK", { ctrlKey: false }), undefined)
  assert.equal(pressed("KeyK", { altKey: true }), undefined)
  assert.equal(pressed("KeyK", { isComposing: true }), undefined)
  assert.equal(pressed("", {}), undefined)
  assert.equal(pressed(undefined, {}), undefined)
})

test("keys are printed as they are pressed", () => {
  assert.deepEqual(keysOf({ code: "KeyK", shift: true, keys: ["K"] }), ["Ctrl", "Shift", "K"])
  assert.deepEqual(keysOf({ keys: ["Esc"] }), ["Esc"])
  assert.equal(hint("palette"), "Ctrl+Shift+K")
  assert.equal(hint("nothing"), "")
})

test("on a Mac Ctrl is left to the editing of text", async () => {
  Object.defineProperty(globalThis, "navigator", { value: { platform: "MacIntel" }, configurable: true })
  const mac = await import("../../client/js/keys.js?mac")
  const press = keys => mac.shortcutOf({ code: "KeyK", ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, keyCode: 0, isComposing: false, ...keys })?.name
  assert.equal(press({ ctrlKey: true }), undefined)
  assert.equal(press({ metaKey: true }), "search")
  assert.equal(mac.hint("search"), "⌘K")
})
