/** What the address says: `""` is a new conversation, `chat/<id>` a known one. Back and forward work, links can be kept. */
import { signal } from "./view.js"
import { root } from "./api.js"

/** @import { Signal } from "./view.js" */
/** @typedef {{ name: "new" } | { name: "chat", id: string } | { name: "unknown" }} Route */

/** @type {Signal<Route>} */
export const route = signal(/** @type {Route} */ ({ name: "new" }))

/** A step back that the page itself asked for takes the browser a while; whither one wants to go meanwhile comes after it. @type {{ next?: () => void } | null} */
let back = null

/** @param {string} pathname @param {string} base the root's path, with a slash at its end @returns {Route} */
export function parse(pathname, base) {
  if (pathname === base || `${pathname}/` === base) return { name: "new" }
  const [area, id, ...rest] = pathname.startsWith(base) ? pathname.slice(base.length).split("/") : []
  if (area === "chat" && !id) return { name: "new" }
  return area === "chat" && id && !rest.join("") ? { name: "chat", id: decode(id) } : { name: "unknown" }
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @param {string | null} conversation @returns {string} its address */
export const addressOf = conversation => root.pathname + (conversation ? `chat/${encodeURIComponent(conversation)}` : "")

/**
 * @param {string | null} conversation null: a new one
 * @param {{ replace?: boolean }} [how]
 */
export function go(conversation, { replace = false } = {}) {
  if (back) {
    back.next = () => go(conversation, { replace })
    return
  }
  const address = addressOf(conversation)
  // What lay over the page was a step of the history (touch.js); the next page takes its place.
  if (address !== location.pathname) history[replace || history.state?.over ? "replaceState" : "pushState"](null, "", address)
  read()
}

/** Leave the step of the history that stood for what lay over the page. */
export function stepBack() {
  back = {}
  history.back()
}

function arrive() {
  const next = back?.next ?? read
  back = null
  next()
}

function read() {
  const next = parse(location.pathname, root.pathname)
  if (JSON.stringify(next) !== JSON.stringify(route.value)) route.value = next
}

export function startRouter() {
  // These addresses are relative to where the page was opened, and browsers ask for them again when the address changes.
  /** @type {NodeListOf<HTMLLinkElement>} */
  const links = document.querySelectorAll('link:is([rel="icon"], [rel="manifest"], [rel="search"])')
  for (const link of links) link.href = new URL(link.href).href
  addEventListener("popstate", arrive)
  read()
}
