/** Text into the clipboard. */

/**
 * Safari writes only at the moment of a click: a text that has to be waited for is promised to it.
 * @param {string | Promise<string>} text @returns {Promise<boolean>} whether it is there now
 */
export async function copyText(text) {
  try {
    await (typeof text === "string" ? navigator.clipboard.writeText(text) : writePromised(text))
    return true
  } catch {
    return copySelected(await text)
  }
}

/** @param {Promise<string>} text */
async function writePromised(text) {
  if (!("ClipboardItem" in globalThis)) return navigator.clipboard.writeText(await text)
  const plain = text.then(words => new Blob([words], { type: "text/plain" }))
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": plain })])
}

/** Pages that came over plain http have no clipboard; the old way needs something selected. @param {string} text */
function copySelected(text) {
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" })
  const before = document.activeElement
  const place = document.querySelector("dialog[open]") ?? document.body // beside an open dialog nothing can be selected
  place.append(area)
  area.focus({ preventScroll: true })
  area.select()
  const copied = document.execCommand("copy")
  area.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  return copied
}
