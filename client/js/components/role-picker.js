/** The roles a model can be asked to play. */
import { html } from "../view.js"
import { localized, t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon, isIcon } from "./icon.js"
import { Listbox } from "./listbox.js"
import { Popover } from "./popover.js"

/** @import { Role } from "../api.js" */

/** @param {{ onClose: () => void }} props */
export function RolePicker({ onClose }) {
  const { store: { catalogue, selection }, actions: { chooseRole } } = usePage()
  const { roles } = catalogue.value
  const chosen = roles.some(({ id }) => id === selection.value.role) ? selection.value.role : roles[0]?.id
  const options = roles.map(role => ({
    id: role.id,
    content: roleLine(role),
    selected: role.id === chosen,
    take: () => { chooseRole(role.id); onClose() },
  }))
  return html`
    <${Popover} label=${t("roles.choose")} className="popover--roles" onClose=${onClose}>
      <${Listbox} label=${t("roles.choose")} groups=${[{ id: "roles", title: "", options }]} empty="" />
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
