/** What a role or a prompt leaves open is asked for in a small form. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../view.js"
import { grow } from "../growing.js"
import { language, localized, t } from "../i18n.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"
import { Dialog } from "./dialog.js"

/** @param {{ tuning: typeof import("../tuning.js") }} props */
export function ValuesForm({ tuning }) {
  const { store, actions: { shownRole } } = usePage()
  const role = shownRole()
  const names = role?.variables?.[language()] ?? role?.variables?.en ?? []
  const [values, write] = useState(() => Object.fromEntries(names.map(name => [name, store.tuning.value.values[name] ?? ""])))
  const first = useRef(/** @type {HTMLTextAreaElement | null} */ (null))
  const isDone = useRef(false)
  useEffect(() => {
    first.current?.focus()
    return () => { if (!isDone.current) tuning.leaveUnfilled() }
  }, [])
  useLayoutEffect(() => first.current?.form?.querySelectorAll("textarea").forEach(grow), [values])
  const isWhole = names.every(name => values[name]?.trim())
  const submit = () => {
    if (!isWhole) return
    isDone.current = true
    tuning.fillRole(Object.fromEntries(names.map(name => [name, values[name].trim()])))
  }
  /** @param {KeyboardEvent} event */
  const press = event => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return
    event.preventDefault()
    submit()
  }
  return html`
    <${Dialog} title=${localized(role?.title)}>
      <form class="item" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); submit() }}>
        <p class="item__note">${t("values.note")}</p>
        ${names.map((name, at) => html`
          <label class="item__field" key=${name}>
            <span>${name}</span>
            <textarea class="item__text" rows="1" maxlength="4000" ref=${at ? undefined : first} value=${values[name]} onKeyDown=${press}
              onInput=${(/** @type {any} */ event) => write({ ...values, [name]: event.currentTarget.value })}></textarea>
          </label>`)}
        <p class="item__steps"><button type="submit" class="button button--main" disabled=${!isWhole}>${t("values.go")}</button></p>
      </form>
    <//>
  `
}
