/**
 * A conversation on its own: as one file that asks for nothing and runs nothing, or on paper. The page's own renderer draws it
 * into an element that stands nowhere; when the colours and formulas are there too, the element is written down.
 */
import { html, loadStyle, render } from "./view.js"
import { language } from "./i18n.js"
import { root } from "./root.js"
import { Still } from "./still.js"
import { Reading } from "./components/reading.js"

/** @import { Text } from "./components/reading.js" */

const STYLES = ["base", "message", "markdown", "code", "reading", "print"]
/** Nothing but its own style, and pictures that are in it: whatever a text may have smuggled in, it neither runs nor calls home. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
/** What has not got its colours by then stays plain. Milliseconds. */
const PATIENCE = 60_000
const LONGEST_NAME = 60

/** The whole file. @param {Text} text @returns {Promise<string>} */
export async function pageOf(text) {
  const [stage, styles] = await Promise.all([draw(text), Promise.all(STYLES.map(readStyle))])
  for (const button of stage.querySelectorAll("button")) replace(button, "span")
  // What leads to this very server is of no use elsewhere, and nobody's business.
  for (const link of stage.querySelectorAll("a")) if (link.href.startsWith(root.href) && !link.getAttribute("href")?.startsWith("#")) replace(link, "span")
  const { dir, dataset: { accent = "" } } = document.documentElement
  const page = `<!doctype html>
<html lang="${escape(language())}" dir="${escape(dir)}" data-accent="${escape(accent)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escape(text.title)}</title>
<style>
${styles.join("\n")}
</style>
</head>
<body class="reader">
${stage.innerHTML}
</body>
</html>
`
  render(null, stage)
  return page
}

/** Print it in the place of the page. @param {Text} text */
export async function print(text) {
  const [stage] = await Promise.all([draw(text), loadStyle("reading"), loadStyle("print")])
  const before = document.title
  const named = text.title || before
  const clear = () => {
    if (document.title === named) document.title = before
    stage.remove()
    render(null, stage)
  }
  stage.className = "paper"
  document.body.append(stage)
  document.title = named // browsers name the PDF after it
  addEventListener("afterprint", () => onReturn(clear), { once: true })
  window.print()
}

/** When the person is back: an iPhone says that it has printed before it has begun to. @param {() => void} act */
function onReturn(act) {
  const over = new AbortController()
  for (const sign of ["pointerdown", "keydown", "focus"]) addEventListener(sign, () => { over.abort(); act() }, { signal: over.signal })
}

/** A name that every system takes. @param {{ title: string, at: number }} of */
export function fileName({ title, at }) {
  const words = title.normalize().replace(/[^\p{L}\p{M}\p{N}\-_.,()!+= ]/gu, " ").replace(/\s+/g, " ").slice(0, LONGEST_NAME).replace(/^[ .]+|[ .]+$/g, "")
  return `${new Date(at * 1000).toISOString().slice(0, 10)} ${words || "-"}.html`
}

/** @param {Text} text @returns {Promise<HTMLElement>} with everything in it that comes later */
async function draw(text) {
  const stage = document.createElement("div")
  /** @type {Set<Promise<unknown>>} */
  const waiting = new Set()
  const wait = (/** @type {Promise<unknown>} */ drawn) => {
    /** @type {Promise<unknown>} */
    const done = drawn.catch(() => {}).then(() => { waiting.delete(done) })
    waiting.add(done)
  }
  render(html`<${Still.Provider} value=${{ wait }}><${Reading} text=${text} /><//>`, stage)
  const end = pause(PATIENCE).then(() => waiting.clear())
  while (waiting.size) {
    await Promise.race([Promise.all(waiting), end])
    await pause(0) // what has come is drawn now
  }
  return stage
}

/** @param {number} time milliseconds */
const pause = time => new Promise(resolve => setTimeout(resolve, time))

/** @param {string} name @returns {Promise<string>} */
async function readStyle(name) {
  const response = await fetch(new URL(`../css/${name}.css`, import.meta.url))
  if (!response.ok) throw new Error(`style sheet ${name} did not load`)
  return response.text()
}

/** The same look and words, without the deed. @param {Element} element @param {string} name */
function replace(element, name) {
  const plain = document.createElement(name)
  plain.className = element.className
  plain.append(...element.childNodes)
  element.replaceWith(plain)
}

/** @param {string} text */
const escape = text => text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
