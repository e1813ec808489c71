/**
 * Shows markup of a stranger in an isolated frame and lets it go when it hangs. The frame (client/html/preview.html) has an origin
 * of its own and no network; of what it says only these few words of a bounded form are heard.
 */
import { root } from "../root.js"

/** Milliseconds between two questions whether it lives. */
const BEAT = 500
/** How many may stay unanswered: two seconds; while a diagram is drawn, three; until the frame and its library are there, twenty. */
const PATIENCE = { shown: 4, drawing: 6, loading: 40 }
const LOWEST = 40
const HIGHEST = 640

/** @typedef {"still" | "running" | "diagram"} How `still`: nothing in it runs */
/** @typedef {{ how: How, source: string, dark: boolean }} Shown */
/** @typedef {"hung" | "failed"} Ending */

/**
 * @param {HTMLElement} place
 * @param {string} title
 * @param {Shown} shown
 * @param {(how: Ending) => void} onEnd it is over, and the frame is gone
 * @returns {() => void} ends it
 */
export function preview(place, title, shown, onEnd) {
  const frame = document.createElement("iframe")
  // Before the address: what is loaded first must be loaded isolated.
  frame.setAttribute("sandbox", "allow-scripts")
  frame.title = title
  frame.height = shown.how === "diagram" ? "120" : "320"
  frame.src = new URL("preview", root).href
  place.replaceChildren(frame)

  let unanswered = 0
  /** @type {keyof typeof PATIENCE} */
  let phase = "loading"
  const ask = () => frame.contentWindow?.postMessage({ kind: "ask" }, "*")

  const beat = setInterval(() => {
    if (document.hidden) return
    unanswered += 1
    if (unanswered > PATIENCE[phase]) end("hung")
    else ask()
  }, BEAT)

  /** @param {MessageEvent} event */
  const hear = ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== "null" || typeof data?.kind !== "string") return
    if (data.kind === "alive") {
      if (phase === "loading" && shown.how !== "diagram") phase = "shown"
      unanswered = 0
    } else if (data.kind === "drawing" || data.kind === "drawn") {
      phase = data.kind === "drawing" ? data.kind : "shown"
      unanswered = 0
    } else if (data.kind === "failed") {
      end("failed")
    } else if (data.kind === "size" && Number.isFinite(data.height)) {
      frame.height = `${Math.round(Math.min(HIGHEST, Math.max(LOWEST, data.height)))}`
    }
  }

  const stop = () => {
    clearInterval(beat)
    removeEventListener("message", hear)
    frame.remove()
  }
  /** @param {Ending} how */
  const end = how => {
    stop()
    onEnd(how)
  }

  addEventListener("message", hear)
  const loaded = new Promise(resolve => frame.addEventListener("load", resolve, { once: true }))
  Promise.all([shown.how === "diagram" ? diagramLibrary() : "", loaded]).then(
    ([library]) => frame.contentWindow?.postMessage({ kind: "show", ...shown, library }, "*"),
    () => end("failed"),
  )
  return stop
}

/** @type {Promise<string> | null} */
let library = null

/** The frame may load nothing, so it is given the text. @returns {Promise<string>} */
function diagramLibrary() {
  library ??= fetch(new URL("../../vendor/mermaid/mermaid.tiny.js", import.meta.url)).then(response => {
    if (!response.ok) throw new Error(`mermaid: ${response.status}`)
    return response.text()
  })
  library.catch(() => { library = null })
  return library
}
