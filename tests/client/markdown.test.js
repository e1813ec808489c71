/** Markdown: text -> blocks and tokens. What is drawn from them is tested in Chromium (tests/e2e/test_rendering.py). */
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Reader, inline, linkTarget, pictureTarget, splitHidden } from "../../client/js/markdown.js"
import { languageFile } from "../../client/js/markdown/languages.js"
import { References } from "../../client/js/markdown/references.js"
import { cutMarkup } from "../../client/js/markdown/pieces.js"
import { SAMPLES, randomMarkdown, randomSource } from "./markdown-samples.js"

/** @param {string} text */
const whole = text => new Reader().read(text)

/** Blocks without their numbers, one part after another. @param {any} parts @returns {any[]} */
const blocks = parts => parts.flat().map(({ id, open, parts: inside, ...rest }) => inside ? { ...rest, inside: blocks(inside) } : rest)

/** @param {string} text */
const read = text => blocks(whole(text).parts)

/** @param {string} text @param {number} size */
function streamed(text, size) {
  const reader = new Reader()
  for (let end = size; end < text.length; end += size) reader.read(text.slice(0, end), { streaming: true })
  return reader.read(text)
}

const paragraph = (/** @type {string[]} */ ...pieces) => ({ kind: "paragraph", pieces })
const types = (/** @type {string} */ text, open = false) => inline(text, new References(), open).tokens.map(token => `${token.type}:${token.raw}`)

describe("blocks", () => {
  test("paragraphs, headings and rules", () => {
    assert.deepEqual(read("# Один #\nдва\nтри\n\nЧетыре\n===\n***"), [
      { kind: "heading", level: 1, text: "Один" }, paragraph("два\nтри"), { kind: "heading", level: 1, text: "Четыре" }, { kind: "rule" },
    ])
  })

  test("a list keeps its nested list, its code and its start", () => {
    const [list] = read("3. a\n   - b\n\n   ```js\n   x\n     y\n   ```\n4. c")
    assert.equal(list.start, 3)
    assert.deepEqual(list.inside[0].inside.map((/** @type {any} */ block) => block.kind), ["paragraph", "list", "code"])
    assert.deepEqual(list.inside[0].inside[2].pieces, ["x\n  y"])
    assert.equal(list.inside.length, 2)
  })

  test("another marker is another list, and a list that begins elsewhere than at 1 interrupts no paragraph", () => {
    assert.deepEqual(read("- a\n* b").map(block => block.kind), ["list", "list"])
    assert.deepEqual(read("Это было в\n1986. Тогда").map(block => block.kind), ["paragraph"])
  })

  test("tasks know whether they are done", () => {
    assert.deepEqual(read("- [x] a\n- [ ] b\n- [c] d")[0].inside.map((/** @type {any} */ item) => item.done), [true, false, null])
  })

  test("a quote takes lazy lines and holds whole blocks", () => {
    assert.deepEqual(read("> a\nb\n>\n> - c")[0].inside.map((/** @type {any} */ block) => block.kind), ["paragraph", "list"])
  })

  test("a fence stays open to the end and takes everything as it stands", () => {
    assert.deepEqual(read("```py\n# a\n\n\t<b>\n``\n- c"), [{ kind: "code", language: "py", pieces: ["# a\n\n\t<b>\n``\n- c"], lines: 5 }])
    assert.deepEqual(read("~~~~\n```\n~~~~\nx").map(block => block.kind), ["code", "paragraph"])
  })

  test("indented code keeps its inner blank lines and loses the outer ones", () => {
    assert.deepEqual(read("    a\n\n    b\n\nc"), [{ kind: "code", language: "", pieces: ["a\n\nb"], lines: 3 }, paragraph("c")])
  })

  test("a table needs its second line, and ends at a blank one", () => {
    assert.deepEqual(read("до\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\nпосле"), [
      paragraph("до"), { kind: "table", head: "| a | b |", delimiter: "|---|:-:|", pieces: ["| 1 | 2 |"] }, paragraph("после"),
    ])
    assert.deepEqual(read("| a | b |\n|---|\n| 1 |").map(block => block.kind), ["paragraph"])
  })

  test("formulas of their own line, and what only looks like one", () => {
    assert.deepEqual(read("$$\nx\n$$\n\\[ y \\]"), [{ kind: "formula", source: "x" }, { kind: "formula", source: "y" }])
    assert.deepEqual(read("$$ без конца\n\nдальше"), [paragraph("$$ без конца"), paragraph("дальше")])
  })

  test("HTML is kept as it was written", () => {
    assert.deepEqual(read("<div>\n- a\n</div>\n\nb"), [{ kind: "raw", pieces: ["<div>\n- a\n</div>"] }, paragraph("b")])
    assert.deepEqual(read("<!-- a\n- b -->\nc"), [{ kind: "raw", pieces: ["<!-- a\n- b -->"] }, paragraph("c")])
  })

  test("footnotes stand aside", () => {
    const { parts, notes } = whole("a[^x]\n\n[^x]: слово\n    ещё\n\nb")
    assert.deepEqual(blocks(parts), [paragraph("a[^x]"), paragraph("b")])
    assert.deepEqual(blocks([notes]), [{ kind: "note", number: 1, inside: [paragraph("слово\nещё")] }])
  })

  test("quotes of 5,000 levels and lists of 5,000 levels end as text", () => {
    const depth = (/** @type {any[]} */ list) => list.length ? 1 + Math.max(...list.map((/** @type {any} */ block) => depth(block.inside ?? []))) : 0
    assert.ok(depth(read("> ".repeat(5_000) + "a")) < 40)
    assert.ok(depth(read("- ".repeat(5_000) + "a")) < 40)
  })

  test("a paragraph, a line, a table and code of any length come in bounded pieces, and nothing is lost", () => {
    const line = "слово ".repeat(20_000)
    for (const text of [line, "a".repeat(100_000), "короткая строка\n".repeat(5_000).trim()]) {
      const { pieces } = read(text)[0]
      assert.equal(pieces.join(""), text)
      assert.ok(Math.max(...pieces.map((/** @type {string} */ piece) => piece.length)) < 8_000)
    }
    const code = Array.from({ length: 5_000 }, (_, i) => `строка ${i}`).join("\n")
    assert.equal(read(`\`\`\`\n${code}\n\`\`\``)[0].pieces.join(""), code)
    assert.ok(read(`|a|b|\n|-|-|\n${"|1|2|\n".repeat(1_000)}`)[0].pieces.length > 30)
  })

  test("a picture in the text is not torn", () => {
    const picture = `![x](data:image/png;base64,${"iVBORw0KGgo".repeat(2_000)})`
    assert.equal(inline(read(picture)[0].pieces[0], new References()).tokens[0].type, "image")
    assert.deepEqual(blocks(streamed(picture, 4_001).parts), read(picture))
  })
})

describe("a text that grows", () => {
  const texts = [...Object.values(SAMPLES), ...Array.from({ length: 150 }, (_, seed) => randomMarkdown(randomSource(seed + 1)))]

  for (const size of [1, 2, 3, 7]) {
    test(`in pieces of ${size} it becomes the same blocks as at once`, () => {
      for (const text of texts) assert.deepEqual(streamed(text, size), whole(text), text)
    })
  }

  test("in pieces of any size it becomes the same blocks as at once", () => {
    for (const [i, text] of texts.entries()) {
      const random = randomSource(i)
      const reader = new Reader()
      for (let end = 0; end < text.length; end += 1 + random(40)) reader.read(text.slice(0, end), { streaming: true, budget: 1 + random(200) })
      let view = reader.read(text)
      while (!view.complete) view = reader.read(text)
      assert.deepEqual(view, whole(text), text)
    }
  })

  test("finished blocks keep their identity", () => {
    const reader = new Reader()
    const before = reader.read("a\n\n- b\n- c\n- d", { streaming: true })
    const after = reader.read("a\n\n- b\n- c\n- d\n- e", { streaming: true })
    assert.equal(after.parts[0][0], before.parts[0][0])
    const items = (/** @type {any} */ view) => view.parts[0][1].parts[0]
    assert.equal(items(after)[0], items(before)[0])
  })

  test("what was ended may go on", () => {
    const reader = new Reader()
    reader.read("```js\nконец", { streaming: false })
    assert.deepEqual(reader.read("```js\nконец и\nещё\n```\n", {}), whole("```js\nконец и\nещё\n```\n"))
    assert.equal(reader.continues("другое"), false)
  })

  test("a view in slices says that it is not complete", () => {
    const reader = new Reader()
    const text = "строка\n\n".repeat(1_000)
    assert.equal(reader.read(text, { budget: 500 }).complete, false)
  })

  test("half marks are not shown", () => {
    const shown = (/** @type {string} */ text) => blocks(new Reader().read(text, { streaming: true }).parts)
    assert.deepEqual(shown("a\n-"), [paragraph("a")])
    assert.deepEqual(shown("a\n\n``"), [paragraph("a")])
    assert.deepEqual(shown("```js\nx\n``"), [{ kind: "code", language: "js", pieces: ["x"], lines: 1 }])
    assert.deepEqual(shown("| a | b"), [{ kind: "table", head: "| a | b", delimiter: "|---|---|", pieces: [] }])
    assert.deepEqual(shown("| a | b |\n| --"), [{ kind: "table", head: "| a | b |", delimiter: "|---|---|", pieces: [] }])
    assert.deepEqual(shown("- [ "), [])
    assert.deepEqual(shown("[a]: http://exam"), [])
    assert.deepEqual(shown("x = 5\n- y").map(block => block.kind), ["paragraph", "list"])
  })
})

describe("words", () => {
  test("open marks are closed while the text grows", () => {
    assert.deepEqual(types("a **bo", true), ["text:a ", "strong:**bo**"])
    assert.deepEqual(types("a **bo*", true), ["text:a ", "strong:**bo**"])
    assert.deepEqual(types("a `co", true), ["text:a ", "codespan:`co`"])
    assert.deepEqual(types("a *", true), ["text:a"])
    assert.deepEqual(types("a [link](http://exa", true), ["text:a link"])
    assert.deepEqual(types("a ![pic](http://exa", true), ["text:a "])
    assert.deepEqual(types("a \\(x^2", true), ["text:a ", "codespan:`x^2`"])
    assert.deepEqual(types("2 * 3 * 4", true), ["text:2 * 3 * 4"])
    assert.deepEqual(types("snake_case_na", true), ["text:snake_case_na"])
  })

  test("the same marks are left alone when the text has ended", () => {
    assert.deepEqual(types("a **bo"), ["text:a **bo"])
  })

  test("formulas are found and prices are not", () => {
    for (const text of ["$x^2$", "\\(a\\)", "\\[a\\]", "$$a$$", "$5$", "$\\$5$", "$v_{ср}$"]) assert.match(types(text)[0], /^formula:/, text)
    for (const text of ["$5 и $10", "$5 и 10$", "от $20-$30", "$HOME/$PATH", "5$ за 10$", "US$5, A$7", "$ x $", "\\$x\\$", "`$x$`"]) {
      assert.ok(!types(text).some(token => token.startsWith("formula")), text)
    }
  })

  test("a late definition is waited for", () => {
    const reader = new Reader()
    const first = reader.read("[a] и [^1]\n\n", { streaming: true })
    const { tokens, missing } = inline(/** @type {any} */ (first.parts[0][0]).pieces[0], reader.references)
    assert.ok(tokens.every(token => token.type !== "link"))
    let told = 0
    reader.references.wait(missing, () => told++)
    reader.read("[a] и [^1]\n\n[A]: http://example.com\n\n[^1]: n", { streaming: false })
    assert.equal(told, 2)
    assert.equal(inline("[a]", reader.references).tokens[0].href, "http://example.com")
  })

  test("hostile text ends in tokens, not in an error", () => {
    const texts = ["[".repeat(50_000), "*a **b ".repeat(600) + "c** d*".repeat(600), "[a](".repeat(2_000), "`".repeat(5_000), "![".repeat(3_000), "<".repeat(5_000)]
    for (const text of texts) {
      for (const { pieces } of read(text)) pieces?.forEach((/** @type {string} */ piece) => assert.ok(inline(piece, new References(), true).tokens.length > 0))
    }
  })
})

describe("links and pictures", () => {
  test("only http, https, mailto and places on the page are links", () => {
    assert.deepEqual(linkTarget("https://пример.рф/a?x=1&amp;y=2"), { href: "https://xn--e1afmkfd.xn--p1ai/a?x=1&y=2", host: "xn--e1afmkfd.xn--p1ai", inside: false })
    assert.equal(linkTarget("mailto:a@b.c")?.host, "a@b.c")
    assert.equal(linkTarget("#раздел")?.inside, true)
    assert.equal(linkTarget("https://bank.example@evil.example/")?.host, "evil.example")
    const bad = ["javascript:alert(1)", "JaVaScRiPt:1", "java\tscript:1", "java&#9;script:1", "&#106;avascript:1", "\u0001javascript:1", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
      "blob:http://a/b", "//host/x", "\\\\host\\x", "/path", "ms-word:x", "smb://h", "intent://x", "http:\\\\x", "https://", "jav\u200bascript:1", "http://a b"]
    for (const address of bad) assert.equal(linkTarget(address), null, address)
  })

  test("a picture is shown at once only when it is in the text", () => {
    assert.deepEqual(pictureTarget("data:image/png;base64,AAAA"), { data: "data:image/png;base64,AAAA" })
    assert.ok("remote" in /** @type {object} */ (pictureTarget("https://a.example/x.png")))
    for (const address of ["data:image/svg+xml;base64,AAAA", "data:text/html;base64,AAAA", "javascript:1", "/x.png", "mailto:a@b.c"]) assert.equal(pictureTarget(address), null, address)
  })
})

describe("hidden characters", () => {
  test("what turns text or carries a message is shown by its number", () => {
    assert.deepEqual(splitHidden("a\u202eb"), ["a", "U+202E", "b"])
    assert.deepEqual(splitHidden("a\u{e0041}\u{e0042}b"), ["a", "U+E0041", "", "U+E0042", "b"])
    assert.deepEqual(splitHidden("java\u200bscript"), ["java", "U+200B", "script"])
  })

  test("what writing needs is left alone", () => {
    for (const text of ["👩‍💻", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", "می‌خواهم", "क्‍ष", "тест 👍🏽"]) assert.deepEqual(splitHidden(text), [text])
  })
})

describe("code", () => {
  test("odd names of languages are just unknown", () => {
    for (const name of ["__proto__", "constructor", "toString", "\"><img src=x>", "", "../../x"]) assert.equal(languageFile(name), undefined, name)
    assert.equal(languageFile("{.Python}"), "python")
    assert.equal(languageFile("c++"), "cpp")
  })

  test("markup is cut where the code is cut, and each part is whole", () => {
    assert.deepEqual(cutMarkup("<span class=\"a\">x&lt;\ny</span>z", [3, 2]), ["<span class=\"a\">x&lt;\n</span>", "<span class=\"a\">y</span>z"])
  })
})

test("of a text that grows only one copy is kept", () => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc")
  const reader = new Reader()
  let text = ""
  const kept = () => {
    collect()
    return process.memoryUsage().heapUsed / 2 ** 20
  }
  const before = kept()
  // Two hundred views of up to a megabyte: a copy for each would be two hundred megabytes, since Cyrillic takes two bytes a letter.
  for (let view = 0; view < 200; view += 1) {
    text += `Абзац номер ${view}, который ${"достаточно ".repeat(230)}длинен.\n\n`
    assert.ok(reader.continues(text))
    reader.read(text, { streaming: true })
  }
  assert.ok(kept() - before < 40, `${kept() - before} MB`)
})
