/** Names that people write behind a fence -> files of highlight.js. A Map, so that `__proto__` is just an unknown name. */

const ALIASES = {
  bash: "sh zsh shell-script", c: "h", cpp: "c++ cc cxx hpp hh", csharp: "cs c#", css: "", dart: "", delphi: "pascal pas", diff: "patch", dockerfile: "docker",
  dos: "bat cmd", elixir: "ex exs", erlang: "erl", fsharp: "fs f#", go: "golang", gradle: "", graphql: "gql", groovy: "", haskell: "hs", http: "https",
  ini: "toml conf", java: "", javascript: "js jsx mjs cjs node", json: "json5 jsonc", julia: "jl", kotlin: "kt kts", latex: "tex", less: "", lisp: "",
  lua: "", makefile: "make mk", markdown: "md", matlab: "", nginx: "", nim: "", nix: "", objectivec: "objc", ocaml: "ml", perl: "pl", pgsql: "postgres postgresql",
  php: "", powershell: "ps1 ps pwsh", properties: "env dotenv", protobuf: "proto", python: "py python3 py3 gyp", "python-repl": "pycon", r: "", ruby: "rb", rust: "rs",
  scala: "", scss: "sass", shell: "console", sql: "sqlite mysql", swift: "", typescript: "ts tsx mts cts", vbnet: "vb", verilog: "v sv", vhdl: "", vim: "",
  wasm: "", x86asm: "asm nasm", xml: "html xhtml svg vue svelte rss", yaml: "yml", clojure: "clj", cmake: "", crystal: "", d: "", fortran: "f90", "1c": "1с bsl",
  abnf: "", ada: "", apache: "", arduino: "ino", awk: "", django: "jinja jinja2", excel: "", glsl: "", handlebars: "hbs", prolog: "", puppet: "", qml: "", scheme: "", tcl: "",
}

const FILES = new Map(Object.entries(ALIASES).flatMap(([name, aliases]) => [name, ...aliases.split(" ")].filter(Boolean).map(alias => [alias, name])))

/** The bare name of a language as written behind a fence: `{.python}`, `Python:main.py` -> `python`. @param {string} info */
export const languageName = info => (/^\{?\.?([\p{L}\p{N}+#._-]{1,32})/u.exec(info)?.[1] ?? "").toLowerCase()

/** The file that knows it, or undefined. @param {string} info @returns {string | undefined} */
export const languageFile = info => FILES.get(languageName(info))

/** @typedef {"page" | "picture" | "diagram"} Previewed */
/** @type {Map<string, Previewed>} */
const PREVIEWED = new Map([["html", "page"], ["xhtml", "page"], ["svg", "picture"], ["mermaid", "diagram"], ["mmd", "diagram"]])
const PICTURE = /^\s*(?:<\?xml[^>]*>\s*)?<svg[\s>]/i

/** What code can be shown as, if anything. @param {string} info @param {string} beginning of the code @returns {Previewed | undefined} */
export function previewed(info, beginning) {
  const name = languageName(info)
  return PREVIEWED.get(name) ?? (name === "xml" && PICTURE.test(beginning) ? "picture" : undefined)
}
