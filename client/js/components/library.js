/** Roles and prompts: one's own, to be changed, and the ready ones, to begin with. */
import { html, useEffect, useRef } from "../view.js"
import { localized, t } from "../i18n.js"
import { usePage } from "../page.js"
import { Dialog } from "./dialog.js"
import { Icon, isIcon } from "./icon.js"
import { ItemForm } from "./item-form.js"

/** @typedef {typeof import("../library.js")} Deeds */
/** @typedef {{ icon: string, label: string, run: () => unknown }} Wish */

/** @param {{ library: Deeds }} props */
export function Library({ library }) {
  const { draft } = library
  if (!draft.value) return html`<${Dialog} title=${t("library.title")}><${Shelf} library=${library} /><//>`
  const { item, isNew } = draft.value
  const title = item.kind === "role" ? t(isNew ? "library.new_role" : "library.change_role") : t(isNew ? "library.new_prompt" : "library.change_prompt")
  return html`<${Dialog} key=${item.id} title=${title}><${ItemForm} library=${library} /><//>`
}

/** @param {{ library: Deeds }} props */
function Shelf({ library }) {
  const { begin, beginFrom, beginFromPrompt, deleted, discarded, items, prompts, takeUp } = library
  const { catalogue } = usePage().store
  const gone = new Set(deleted.value.map(({ id }) => id))
  const own = (/** @type {string} */ kind) => [...items.value.filter(({ id }) => !gone.has(id)), ...deleted.value]
    .filter(item => item.kind === kind).sort((a, b) => a.name.localeCompare(b.name))
  const take = (/** @type {() => unknown} */ run) => [{ icon: "copy", label: t("library.take"), run }]
  return html`
    <p class="library__steps">
      <button type="button" class="button button--small" onClick=${() => begin("role")}><${Icon} name="plus" />${t("library.new_role")}</button>
      <button type="button" class="button button--small" onClick=${() => begin("prompt")}><${Icon} name="plus" />${t("library.new_prompt")}</button>
    </p>
    ${discarded.value && html`
      <p class="library__line library__line--gone">
        <span class="library__text" role="status">${t("toast.edit_left")}</span>
        <button type="button" class="button button--small" onClick=${takeUp}>${t("toast.undo")}</button>
      </p>`}
    ${["role", "prompt"].map(kind => own(kind).length > 0 && html`
      <h3 class="dialog__part" key=${kind}>${t(`library.own_${kind}s`)}</h3>
      <ul class="library__list">${own(kind).map(item => html`<${OwnLine} key=${item.id} item=${item} library=${library} />`)}</ul>`)}
    <h3 class="dialog__part">${t("library.ready_roles")}</h3>
    <ul class="library__list">
      ${catalogue.value.roles.filter(({ id, own }) => !own && id !== "default").map(role => html`
        <${Line} key=${role.id} icon=${role.icon} name=${localized(role.title)} more=${localized(role.description)} wishes=${take(() => beginFrom(role))} />`)}
    </ul>
    <h3 class="dialog__part">${t("library.ready_prompts")}</h3>
    <ul class="library__list">
      ${prompts.value.filter(({ own }) => !own).map(prompt => html`
        <${Line} key=${prompt.id} icon="slash" name=${localized(prompt.name)} more=${localized(prompt.text)} wishes=${take(() => beginFromPrompt(prompt))} />`)}
    </ul>
  `
}

/** @param {{ item: import("../library.js").Item, library: Deeds }} props */
function OwnLine({ item, library: { change, deleted, remove, restore } }) {
  const isGone = deleted.value.includes(item)
  const back = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => { if (isGone) back.current?.focus() }, [isGone])
  if (isGone) return html`
    <li class="library__line library__line--gone">
      <span class="library__text" role="status">${t("library.deleted", { name: item.name })}</span>
      <button type="button" class="button button--small" ref=${back} onClick=${() => restore(item)}>${t("toast.undo")}</button>
    </li>`
  const wishes = [
    { icon: "pencil", label: t("library.change"), run: () => change(item) },
    { icon: "trash", label: t("library.delete"), run: () => remove(item) },
  ]
  return html`<${Line} icon=${item.kind === "prompt" ? "slash" : item.icon || "person"} name=${item.name} more=${item.description || item.text} wishes=${wishes} />`
}

/** @param {{ icon: string, name: string, more: string, wishes: Wish[] }} props */
function Line({ icon, name, more, wishes }) {
  return html`
    <li class="library__line">
      <span class="option__icon" aria-hidden="true">${isIcon(icon) ? html`<${Icon} name=${icon} />` : icon}</span>
      <span class="library__text"><b>${name}</b><small>${more.slice(0, 200)}</small></span>
      ${wishes.map(({ icon, label, run }) => html`
        <button type="button" class="icon-button" key=${icon} aria-label=${`${label}: ${name}`} title=${label} onClick=${run}><${Icon} name=${icon} /></button>`)}
    </li>
  `
}
