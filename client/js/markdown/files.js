/** What a block of code would be called as a file. */
import { languageFile, languageName } from "./languages.js"

/** Files of highlight.js whose name is not what their files end with. @type {Record<string, string>} */
const ENDINGS = {
  "1c": "bsl", apache: "conf", arduino: "ino", bash: "sh", clojure: "clj", crystal: "cr", csharp: "cs", delphi: "pas", django: "html", dos: "bat", elixir: "ex", erlang: "erl",
  excel: "txt", fortran: "f90", fsharp: "fs", handlebars: "hbs", haskell: "hs", http: "http", javascript: "js", julia: "jl", kotlin: "kt", latex: "tex", lisp: "lisp", markdown: "md",
  matlab: "m", nginx: "conf", objectivec: "m", ocaml: "ml", perl: "pl", pgsql: "sql", powershell: "ps1", prolog: "pl", properties: "properties", protobuf: "proto", puppet: "pp",
  python: "py", "python-repl": "py", ruby: "rb", rust: "rs", scheme: "scm", shell: "sh", typescript: "ts", vbnet: "vb", verilog: "v", wasm: "wat", x86asm: "asm", yaml: "yaml",
}
/** What people write behind a fence that is already an ending. */
const SAID = new Set("c h hpp html svg jsx tsx mjs cjs mts toml ini vue svelte csv tsv txt scss less css json jsonc sql xml zsh mmd env".split(" "))
const NAMED = new Map([["dockerfile", "Dockerfile"], ["docker", "Dockerfile"], ["makefile", "Makefile"], ["make", "Makefile"], ["mermaid", "code.mmd"]])

/** @param {string} info as written behind the fence @returns {string} `code.py` */
export function fileName(info) {
  const name = languageName(info)
  const known = NAMED.get(name)
  if (known) return known
  const file = languageFile(info)
  if (SAID.has(name)) return `code.${name}`
  return `code.${file ? (Object.hasOwn(ENDINGS, file) ? ENDINGS[file] : file) : "txt"}`
}
