/** Markdown to try the reader on: hand-made oddities, and random texts made of the pieces that models write. */

/** @type {Record<string, string>} */
export const SAMPLES = {
  answer: "# Заголовок\n\nАбзац с **жирным** и `кодом`.\nВторая строка.\n\n1. один\n   - вложенный\n\n   ```js\n   const a = 1\n   ```\n2. два\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |\n\nТекст\n---\n\n> цитата\n> - пункт\nленивая\n\n$$\nx^2\n$$\n\n[^1]: сноска\n    ещё\n\n[a]: http://example.com \"t\"\n\nконец [a] и[^1]",
  fences: "````md\n```js\nx\n```\n````\n```\nне закрыт\n\n# это код",
  windows: "# A\r\n\r\n- b\r\n- c\r\n\r\n```\r\nd\r\n```\r\n",
  lists: "- a\n\n- b\n\n  c\n* d\n1) e\n2) f\n10. g\n-\n- h\n\n\n  i\n-\n\n  j",
  breaks: "---\n***\n- - -\n* * *\na\n- - -\nb\n===\n- \n\n+",
  tables: "| a |\n|\n|-|\nx | y\n- | -\n1 | 2 | 3\n> q\n| только | голова |",
  formulas: "$$x$$\n$$\nнет конца\n\n\\[\na\n\\] хвост\n\\[b\\]\n$$ a $$ b",
  html: "<div>\n\n*a*\n\n</div>\n<!-- c\n\nd -->\n<br>x\n</p",
  definitions: "[a]: http://x\n[a]: http://y\n[b]: <u v> (t)\n[^n]: q\n[^n]: r\n\n[a][b] [c]\n[c]: no",
  tabs: "-\ta\n\tb\n\n\tc\n\n\t\tcode\n>\tq\n1.\tx\n\n\ty",
  long: `${"слово ".repeat(1_500)}\n${"b".repeat(7_000)}\n\`\`\`\n${"c".repeat(9_000)}\n\n${"d\n".repeat(100)}\`\`\`\n| h |\n|---|\n${"| r |\n".repeat(80)}`,
  deep: `${"> ".repeat(100)}a\n${"- ".repeat(100)}b\n${"1. > ".repeat(60)}c`,
}

const PIECES = [
  "слово", " ", "\n", "\n\n", "**", "*", "_", "`", "```", "```js\n", "~~", "~~~", "- ", "  - ", "1. ", "10) ", "> ", ">", "# ", "## ", "|", "| a | b |\n", "|---|---|\n", "---", "===",
  "***", "$", "$$", "\\(", "\\)", "\\[", "\\]", "[", "]", "(", ")", "[a]", "[a]: http://x\n", "[^1]", "[^1]: n\n", "![", "](http://x)", "<b>", "</div>", "<!--", "&lt;", "\\", "    ", "\t", "[ ] ", "[x] ",
  "\r\n", "http://example.com", "😀", "\u202e", "текст подлиннее, с запятой.", "5", "<br>",
]

/** Numbers that are the same in every run: `random(n)` is below n. @param {number} seed */
export function randomSource(seed) {
  let state = seed * 2_654_435_761 >>> 0
  return (/** @type {number} */ below) => {
    state = (Math.imul(state ^ state >>> 15, 2_246_822_519) + 3_266_489_917) >>> 0
    return (state >>> 8) % below
  }
}

/** @param {(below: number) => number} random */
export function randomMarkdown(random) {
  return Array.from({ length: 5 + random(60) }, () => PIECES[random(PIECES.length)]).join("")
}
