/** Code and tables as files: what they are called, and that a spreadsheet finds no formula in them. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { fileName } from "../../client/js/markdown/files.js"
import { previewed } from "../../client/js/markdown/languages.js"
import { toCsv, toTsv } from "../../client/js/markdown/sheet.js"

test("code is called after its language, whatever stands behind the fence", () => {
  const names = {
    python: "code.py", "Python:main.py": "code.py", js: "code.js", tsx: "code.tsx", "c++": "code.cpp", dockerfile: "Dockerfile", bash: "code.sh", html: "code.html",
    mermaid: "code.mmd", toml: "code.toml", "": "code.txt", __proto__x: "code.txt", "../../etc/passwd": "code.txt", "<img src=x>": "code.txt", "con.js\u202egpj": "code.txt",
  }
  for (const [info, name] of Object.entries(names)) assert.equal(fileName(info), name, info)
  for (const info of ["__proto__", "constructor", "toString"]) assert.equal(fileName(info), "code.txt", info)
})

test("what would be a formula is text in a spreadsheet, and numbers stay numbers", () => {
  const row = ["=1+1", "+x", "-5", "@SUM(A1)", "-2+3+cmd|' /C calc'!A0", "＝1", " =1", "+7 900 000", "-1,5 %", "a=b", "<br>=1"]
  const guarded = ["'=1+1", "'+x", "-5", "'@SUM(A1)", "'-2+3+cmd|' /C calc'!A0", "'＝1", "' =1", "+7 900 000", "-1,5 %", "a=b", "' =1"]
  assert.equal(toTsv([row]), guarded.join("\t"))
  assert.equal(toCsv([["a\"b", "c;d", "<br>=1", "-5"]], ";"), "\ufeff\"a\"\"b\";\"c;d\";\"'\n=1\";-5\r\n")
})

test("what can be shown is known by its language, and XML by its beginning", () => {
  assert.equal(previewed("html", ""), "page")
  assert.equal(previewed("Mermaid", ""), "diagram")
  assert.equal(previewed("xml", "<?xml version=\"1.0\"?>\n<svg>"), "picture")
  assert.equal(previewed("xml", "<a>"), undefined)
  assert.equal(previewed("__proto__", ""), undefined)
})
