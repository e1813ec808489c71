/** What is selected inside an answer, and how it comes into the composer as a quotation. */

/** @param {string} text @returns {string} as Markdown marks the words of another */
export const asQuote = text => text.trim().split(/\r?\n/).map(line => `> ${line}`.trimEnd()).join("\n")

/** The words selected inside one answer, and where they stand. @returns {{ text: string, place: DOMRect } | null} */
export function selectedWords() {
  const selection = getSelection()
  if (!selection?.rangeCount || selection.isCollapsed) return null
  const range = selection.getRangeAt(0)
  const within = range.commonAncestorContainer
  const element = within instanceof Element ? within : within.parentElement
  const text = selection.toString()
  if (!element?.closest(".message--assistant .message__body") || !text.trim()) return null
  const lines = [...range.getClientRects()]
  return { text, place: lines.at(-1) ?? range.getBoundingClientRect() }
}

/** Put what is selected at the end of the composer, as if it had been typed, and go on writing there. @param {{ text: string } | null} [words] */
export function quoteSelection(words = selectedWords()) {
  const field = document.getElementById("composer")
  if (!words || !(field instanceof HTMLTextAreaElement)) return
  const before = field.value.trimEnd()
  field.value = `${before ? `${before}\n\n` : ""}${asQuote(words.text)}\n\n`
  field.dispatchEvent(new Event("input", { bubbles: true }))
  getSelection()?.removeAllRanges()
  field.focus()
  field.setSelectionRange(field.value.length, field.value.length)
  field.scrollTop = field.scrollHeight
}
