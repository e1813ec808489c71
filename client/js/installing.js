/** The page as an application of its own: the worker that opens it without a line. Where there is no https there is none, silently. */
import { language } from "./i18n.js"
import { scriptUrl } from "./trusted.js"

export async function install() {
  if (!("serviceWorker" in navigator)) return
  // Private windows and policies may refuse; the page does without.
  await navigator.serviceWorker.register(scriptUrl(`service-worker.js?language=${language()}`), { updateViaCache: "none" }).catch(() => {})
}
