/** As high as its text, where the style sheet alone cannot do it. @param {HTMLTextAreaElement | null} field */
export function grow(field) {
  if (!field || CSS.supports("field-sizing", "content")) return
  const { form } = field
  // What stands around stays while the field is measured: messages that were higher for a moment would lose their place.
  if (form) form.style.blockSize = `${form.getBoundingClientRect().height}px`
  field.style.blockSize = "auto"
  field.style.blockSize = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`
  if (form) form.style.blockSize = ""
}
