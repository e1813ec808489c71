/** The roles a model can be asked to play: one's own, then the ready ones. */
import { html, useState } from "../view.js"
import { localized, t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon, isIcon } from "./icon.js"
import { Listbox } from "./listbox.js"
import { Popover } from "./popover.js"

/** @import { Role } from "../api.js" */

/** With more of them than this one may search. */
const FEW = 8

/** @param {{ onClose: () => void }} props */
export function RolePicker({ onClose }) {
  const { store: { catalogue, dialog, selection }, actions: { chooseRole, library } } = usePage()
  const [text, search] = useState("")
  const { roles } = catalogue.value
  const chosen = roles.some(({ id }) => id === selection.value.role) ? selection.value.role : roles[0]?.id
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const matches = (/** @type {Role} */ { title, description }) => words.every(word => `${localized(title)} ${localized(description)}`.toLocaleLowerCase().includes(word))
  const own = roles.some(role => role.own)
  const groups = [true, false].map(isOwn => ({
    id: isOwn ? "own" : "ready",
    title: own ? t(isOwn ? "library.mine" : "library.ready") : "",
    options: roles.filter(role => Boolean(role.own) === isOwn && matches(role)).map(role => ({
      id: role.id.replaceAll(/\W/g, "_"),
      content: roleLine(role),
      selected: role.id === chosen,
      take: () => { chooseRole(role.id); onClose() },
    })),
  })).filter(({ options }) => options.length)
  // The dialog before the sheet goes: what lies over the page stays one step of the history.
  const leave = (/** @type {(all: typeof import("../library.js")) => unknown} */ deed) => () => {
    dialog.value = "library"
    onClose()
    void library().then(deed)
  }

  return html`
    <${Popover} label=${t("roles.choose")} className="popover--roles" onClose=${onClose}>
      <${Listbox} label=${t("roles.choose")} groups=${groups} empty=${t("library.nothing_like", { text })}
        search=${roles.length > FEW ? { text, placeholder: t("library.search"), onInput: search } : undefined} />
      <footer class="popover__foot">
        <button type="button" class="button button--small" onClick=${leave(({ begin }) => begin("role"))}><${Icon} name="plus" />${t("library.new_role")}</button>
        <button type="button" class="button button--small" onClick=${leave(({ open }) => open())}>${t("library.open")}</button>
      </footer>
    <//>
  `
}

/** @param {Role} role */
function roleLine({ icon, title, description }) {
  return html`
    <span class="option__icon" aria-hidden="true">${isIcon(icon) ? html`<${Icon} name=${icon} />` : icon}</span>
    <span class="option__name">${localized(title)}</span>
    <small class="option__more">${localized(description)}</small>
  `
}
