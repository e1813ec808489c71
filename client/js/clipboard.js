/** Text into the clipboard. */

/** @param {string} text @returns {Promise<boolean>} whether it is there now */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Pages that came over plain http have no clipboard; the old way needs something selected.
    const area = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" })
    document.body.append(area)
    area.select()
    const copied = document.execCommand("copy")
    area.remove()
    return copied
  }
}
