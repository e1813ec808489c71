/** A role or a prompt of one's own, being written. What is written stays when the dialog is closed. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.js"
import { grow } from "../growing.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { variables } from "../slash.js"
import { Icon, isIcon } from "./icon.js"
import { OptionFields } from "./option-fields.js"

/** @import { Item } from "../library.js" */
/** @typedef {(change: Partial<Item>) => void} Write */

const ICONS = ["person", "chat", "thought", "pencil", "article", "book", "languages", "code", "palette", "image", "graduation", "microphone", "globe", "clock"]

/** @param {{ library: typeof import("../library.js") }} props */
export function ItemForm({ library: { cancel, draft, save } }) {
  const [wrong, say] = useState("")
  const name = useRef(/** @type {HTMLInputElement | null} */ (null))
  const words = useRef(/** @type {HTMLTextAreaElement | null} */ (null))
  // After the dialog, which gives the focus to its heading; on a phone it stays there, the keyboard would cover the form.
  useEffect(() => { if (!matchMedia("(pointer: coarse)").matches) requestAnimationFrame(() => name.current?.focus()) }, [])
  useLayoutEffect(() => grow(words.current), [draft.value?.item.text])
  if (!draft.value) return null
  const { item } = draft.value
  const isRole = item.kind === "role"
  const write = (/** @type {Partial<Item>} */ change) => { if (draft.value) draft.value = { ...draft.value, item: { ...draft.value.item, ...change } } }
  const isWhole = item.name.trim() && (isRole || item.text.trim())
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault()
    if (isWhole) say(await save())
  }

  return html`
    <form class="item" onSubmit=${submit}>
      <label class="item__field">
        <span>${t("library.name")}</span>
        <input class="item__input" ref=${name} value=${item.name} maxlength="60" autocomplete="off"
          onInput=${(/** @type {any} */ event) => write({ name: isRole ? event.currentTarget.value : word(event.currentTarget) })} />
        ${!isRole && html`<small>${t("library.name_hint", { name: item.name || t("library.example") })}</small>`}
      </label>
      ${isRole && html`
        <${IconChoice} value=${item.icon} onChange=${(/** @type {string} */ icon) => write({ icon })} />
        <label class="item__field">
          <span>${t("library.description")}</span>
          <input class="item__input" value=${item.description} maxlength="200" autocomplete="off" onInput=${(/** @type {any} */ event) => write({ description: event.currentTarget.value })} />
        </label>`}
      <label class="item__field">
        <span>${t(isRole ? "library.role_text" : "library.prompt_text")}</span>
        <textarea class="item__text item__text--long" ref=${words} rows="6" maxlength="20000" value=${item.text} onInput=${(/** @type {any} */ event) => write({ text: event.currentTarget.value })}></textarea>
        <small>${variables(item.text).length
          ? t("library.variables", { list: variables(item.text).join(", ") })
          : t("library.text_hint", { place: `{{${t("library.place")}}}` })}</small>
      </label>
      ${isRole && html`<${Beginning} item=${item} write=${write} />`}
      ${wrong && html`<p class="item__wrong" role="alert">${wrong}</p>`}
      <p class="item__steps">
        <button type="button" class="button" onClick=${cancel}>${t("question.cancel")}</button>
        <button type="submit" class="button button--main" disabled=${!isWhole}>${t("library.save")}</button>
      </p>
    </form>
  `
}

/** One word, as it can be typed after the slash. @param {HTMLInputElement} field */
function word(field) {
  field.value = field.value.replace(/\s+/g, "-").replace(/[/{}]/g, "")
  return field.value
}

/** @param {{ value: string, onChange: (icon: string) => void }} props */
function IconChoice({ value, onChange }) {
  return html`
    <fieldset class="item__field" aria-label=${t("library.icon")}>
      <span aria-hidden="true">${t("library.icon")}</span>
      <div class="item__icons">
        ${ICONS.map((name, at) => html`
          <label class="item__icon" key=${name}>
            <input type="radio" name="icon" value=${name} checked=${value === name || (!value && !at)} aria-label=${`${t("library.icon")} ${at + 1}`} onChange=${() => onChange(name)} />
            <${Icon} name=${name} />
          </label>`)}
        <input class="item__input item__emoji" value=${isIcon(value) ? "" : value} maxlength="16" placeholder="🙂" aria-label=${t("library.emoji")} autocomplete="off"
          onInput=${(/** @type {any} */ event) => onChange(event.currentTarget.value.trim())} />
      </div>
    </fieldset>
  `
}

/** The model and the options that a conversation with this role begins with. @param {{ item: Item, write: Write }} props */
function Beginning({ item, write }) {
  const { models } = usePage().store.catalogue.value
  const chosen = models.findIndex(({ id, provider }) => id === item.model && provider === item.provider)
  const names = /** @type {(keyof import("../api.js").Options)[]} */ (Object.keys(item.options))
  const set = (/** @type {string} */ name, /** @type {unknown} */ value) => {
    const { [/** @type {keyof import("../api.js").Options} */ (name)]: _, ...others } = item.options
    write({ options: value === undefined ? others : { ...others, [name]: value } })
  }
  return html`
    <details class="item__more" open=${Boolean(item.model || names.length)}>
      <summary>${t("library.beginning")}<${Icon} name="down" /></summary>
      <label class="item__field">
        <span>${t("library.model")}</span>
        <select class="item__input" value=${String(chosen)} onChange=${(/** @type {any} */ event) => {
          const model = models[Number(event.currentTarget.value)]
          write({ model: model?.id ?? "", provider: model?.provider ?? "" })
        }}>
          <option value="-1">${item.model && chosen < 0 ? item.model : t("library.model_any")}</option>
          ${models.map(({ id, title, provider }, at) => html`<option key=${`${provider} ${id}`} value=${String(at)}>${title || id} · ${provider}</option>`)}
        </select>
      </label>
      <${OptionFields} options=${item.options} changed=${[]} thinks focused=${false} onChange=${set} />
    </details>
  `
}
