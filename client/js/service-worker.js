/**
 * The worker of the installed page. It keeps the shell, which is the page without anybody's words, so that it opens without a line.
 *
 * The page itself comes from the server whenever that answers, so a new version is taken at once. Files with a version in their
 * address never change and come from the cache. Nothing else (conversations, answers, downloads) ever passes through here.
 * server/installing.py writes `self.SHELL = { version, files }` before the first line.
 */

const worker = /** @type {any} */ (self)
const { version, files } = /** @type {{ version: string, files: string[] }} */ (worker.SHELL)
/** @type {string} */
const ROOT = worker.registration.scope
const ASSETS = `${ROOT}assets/${version}/`
/** Another server may share the origin under another prefix. */
const OURS = `shell ${ROOT} `
const CACHE = OURS + version
/** Whoever stands before the server says with these that it is away. */
const AWAY = [502, 503, 504]
/** Statuses of a manifest that is no more: something else lives at this address now. */
const GONE = [404, 410]

/** Whether the server was asked, during this life of the worker, if the product is still here. */
let isSure = false

worker.addEventListener("install", (/** @type {any} */ event) => {
  // Where the browser can, requests for data do not even wake the worker.
  event.addRoutes?.({ condition: { urlPattern: `${ROOT}backend-api/*` }, source: "network" })
  event.waitUntil(keepShell())
})
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(takeOver()))
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { method, mode, url } = /** @type {Request} */ (event.request)
  if (method !== "GET") return
  if (mode === "navigate" && shellOf(url)) event.respondWith(openPage(event))
  else if (url.startsWith(ASSETS)) event.respondWith(openFile(event))
})
worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close()
  event.waitUntil(showWindow(event.notification.data))
})

async function keepShell() {
  const cache = await caches.open(CACHE)
  await Promise.all([...files.map(file => ASSETS + file), ROOT, `${ROOT}chat/`].map(async address => {
    const response = await fetch(address, { credentials: "same-origin" })
    if (!response.ok || response.redirected) throw new Error(`not kept: ${address}`)
    await cache.put(address, response)
  }))
  await worker.skipWaiting()
}

async function takeOver() {
  await forget(name => name !== CACHE)
  await worker.clients.claim()
}

/** @param {(name: string) => boolean} which */
async function forget(which) {
  const names = await caches.keys()
  await Promise.all(names.filter(name => name.startsWith(OURS) && which(name)).map(name => caches.delete(name)))
}

/** The address of the shell that a page of ours is made of; the two differ in where their root is. @param {string} url */
function shellOf(url) {
  const { origin, pathname } = new URL(url)
  if (origin + pathname === ROOT) return ROOT
  return (origin + pathname).startsWith(`${ROOT}chat/`) ? `${ROOT}chat/` : ""
}

/** @param {any} event @returns {Promise<Response>} */
async function openPage(event) {
  const kept = () => caches.match(shellOf(event.request.url), { ignoreVary: true })
  try {
    const response = await fetch(event.request)
    event.waitUntil(leaveIfUnwanted())
    return (AWAY.includes(response.status) && (await kept())) || response
  } catch {
    return (await kept()) ?? Response.error()
  }
}

/** @param {any} event @returns {Promise<Response>} */
async function openFile({ request }) {
  const cache = await caches.open(CACHE)
  const kept = await cache.match(request, { ignoreVary: true })
  if (kept) return kept
  const response = await fetch(request)
  // Of another version the server gives what it has now, and does not call it immutable.
  if (response.ok && response.headers.get("cache-control")?.includes("immutable")) await cache.put(request, response.clone())
  return response
}

/** Another program may live at this address one day; it must not inherit a worker of ours. */
async function leaveIfUnwanted() {
  if (isSure) return
  isSure = true
  const status = await fetch(`${ROOT}manifest.webmanifest`, { cache: "no-store" }).then(({ status }) => status, () => 0)
  if (!GONE.includes(status)) return
  await forget(() => true)
  await worker.registration.unregister()
}

/** @param {string} address of a conversation */
async function showWindow(address) {
  /** @type {any[]} */
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true })
  const there = windows.find(({ url }) => url === address)
  await (there ? there.focus() : worker.clients.openWindow(address))
}
