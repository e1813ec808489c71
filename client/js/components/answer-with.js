/** Which other model shall answer the same question. */
import { html, useEffect, useState } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Dialog } from "./dialog.js"
import { Listbox } from "./listbox.js"
import { modelGroups } from "./model-picker.js"

/** @param {{ id: string }} props the answer beside which the new one will stand */
export function AnswerWith({ id }) {
  const page = usePage()
  const { store: { chat, dialog }, actions: { regenerate } } = page
  const [text, search] = useState("")
  const before = chat.value.messages.get(id)
  useEffect(() => {
    const field = document.querySelector(".dialog [role=combobox]")
    if (field instanceof HTMLElement && !matchMedia("(pointer: coarse)").matches) field.focus()
  }, [])
  const take = (/** @type {import("../api.js").Model} */ { id: model, provider }) => {
    dialog.value = ""
    if (before) regenerate(before, { model, provider })
  }
  const isSelected = (/** @type {import("../api.js").Model} */ { id: model, provider }) => model === before?.model && provider === before.provider
  return html`
    <${Dialog} title=${t("answer.other_model")}>
      <${Listbox} label=${t("models.choose")} groups=${modelGroups(page, text, { isSelected, take })} empty=${t("models.nothing_like", { text })}
        search=${{ text, placeholder: t("models.search"), onInput: search }} />
    <//>
  `
}
