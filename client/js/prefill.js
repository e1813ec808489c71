/**
 * What an address asks for: `/?q=…&model=…&provider=…&role=…&web=1`, from a bookmark, a search engine of the browser, a shared text.
 *
 * It fills the composer of a new conversation and never sends: nobody can tell a person's own address from one that a stranger
 * wrote into a link, so the question waits for Enter. What the link chooses is not remembered as the person's choice.
 */
import { COMMANDS } from "./commands.js"
import { splitHidden } from "./markdown/hidden.js"
import { route } from "./router.js"

/** Characters of a question that came with an address, at most. */
const LONGEST = 20_000

/** @typedef {{ text: string, model: string, provider: string, role: string, web: boolean, find: boolean }} Wanted */

/** @param {string} search @returns {Wanted} */
export function wanted(search) {
  const asked = new URLSearchParams(search)
  const word = (/** @type {string} */ name) => (asked.get(name) ?? "").trim().slice(0, 200)
  // A shared page comes as title, text and address; often one of them holds another.
  const shared = ["title", "q", "url"].map(name => visible(asked.get(name) ?? "").trim()).filter(Boolean)
  const text = shared.filter((part, at) => !shared.some((other, place) => place !== at && other.includes(part) && (other !== part || place < at)))
  return {
    text: text.join("\n").slice(0, LONGEST),
    model: word("model"), provider: word("provider"), role: word("role"), web: asked.get("web") === "1", find: asked.has("find"),
  }
}

/** A stranger's link must not put anything into the box that the person cannot see. @param {string} text */
const visible = text => splitHidden(text.replaceAll("\r\n", "\n")).filter((_, place) => place % 2 === 0).join("")

/** Fill the composer, and take the question out of the address. @param {import("./page.js").Page} page */
export function prefill(page) {
  const { store } = page
  const { text, model, provider, role, web, find: wantsSearch } = wanted(location.search)
  history.replaceState(history.state, "", location.pathname + location.hash)
  if (route.value.name !== "new") return
  const now = store.selection.value
  store.selection.value = { ...now, ...(model && { model, provider }), ...(role && { role }) }
  if (web) store.web.value = true
  if (text) store.returned.value = text
  if (wantsSearch) COMMANDS.find(({ name }) => name === "search")?.run?.(page)
}
