/** The line above the conversation: who answers, in which role. */
import { html, lazy, useRef } from "../view.js"
import { localized, t } from "../i18n.js"
import { hint } from "../keys.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

const ModelPicker = lazy(() => import("./model-picker.js").then(file => file.ModelPicker), ["picker"])
const OptionsPanel = lazy(() => Promise.all([import("./options-panel.js"), import("../tuning.js")])
  .then(([{ OptionsPanel }, tuning]) => (/** @type {{ onClose: () => void }} */ props) => html`<${OptionsPanel} ...${props} tuning=${tuning} />`), ["picker", "options"])
const RolePicker = lazy(() => import("./role-picker.js").then(file => file.RolePicker), ["picker"])
const Pins = lazy(() => import("./pins.js").then(file => file.Pins), ["picker", "pins"])

export function Bar() {
  const { store: { catalogue, openId, pinned, preferences, temporary }, actions: { newConversation, toggleSidebar, toggleTemporary } } = usePage()
  return html`
    <header class="bar">
      <button type="button" class=${`icon-button bar__menu ${preferences.value.sidebar ? "bar__menu--narrow" : ""}`}
        aria-label=${t("sidebar.show")} title=${`${t("sidebar.show")}  ${hint("sidebar")}`} onClick=${toggleSidebar}><${Icon} name="menu" /></button>
      <${ModelButton} />
      ${catalogue.value.roles.length > 1 && html`<${RoleButton} />`}
      <${OptionsButton} />
      <span class="bar__space"></span>
      ${!openId.value && html`
      <button type="button" class="icon-button bar__temporary" aria-pressed=${temporary.value} aria-label=${t("temporary.begin")} title=${t("temporary.begin")}
        onClick=${toggleTemporary}><${Icon} name="ghost" /></button>`}
      ${pinned.value.length > 0 && html`<${Pins} />`}
      ${!temporary.value && html`<${ShareButton} />`}
      <button type="button" class=${`icon-button bar__new ${preferences.value.sidebar ? "bar__menu--narrow" : ""}`}
        aria-label=${t("sidebar.new")} title=${`${t("sidebar.new")}  ${hint("new")}`} onClick=${newConversation}><${Icon} name="plus" /></button>
    </header>
    <div role="status">${temporary.value && html`<p class="temporary"><${Icon} name="ghost" />${t("temporary.mark")}</p>`}</div>
  `
}

/** Only for what the server keeps. It asks the address, which is the same while an answer grows. */
function ShareButton() {
  const { conversations, dialog, route } = usePage().store
  const id = route.value.name === "chat" ? route.value.id : ""
  if (!conversations.value.items.some(item => item.id === id)) return null
  return html`
    <button type="button" class="icon-button bar__share" aria-label=${t("share.title")} title=${t("share.title")}
      onClick=${() => { dialog.value = `share ${id}` }}><${Icon} name="share" /></button>
  `
}

function ModelButton() {
  const { store: { catalogue, comparing, picker, rivals }, actions: { modelTitle, providerTitle, shownChoice } } = usePage()
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null))
  const { providers, state } = catalogue.value
  const { model, provider } = shownChoice()
  const isComparing = comparing.value
  const title = isComparing ? rivals.value.map(rival => modelTitle(rival.model, rival.provider)).join(", ") : modelTitle(model, provider)
  const isLocal = providers.find(known => known.id === provider)?.local
  const place = isComparing ? title : isLocal && title !== providerTitle(provider) ? t("models.on_this_computer", { provider: providerTitle(provider) }) : providerTitle(provider)
  const isOpen = picker.value === "model"
  const name = title || t(state === "loading" ? "models.loading" : "models.none")
  const label = [`${t("models.choose")}:`, name, place !== name && place].filter(Boolean).join(" ")

  return html`
    <div class="bar__place">
      <button type="button" class="chooser" ref=${button} aria-label=${label} aria-haspopup="dialog" aria-expanded=${isOpen} title=${`${t("models.choose")}  ${hint("model")}`}
        onPointerEnter=${ModelPicker.warm} onFocus=${ModelPicker.warm} onClick=${() => { picker.value = isOpen ? "" : "model" }}>
        <b class="chooser__name">${name}</b>${" "}
        ${place !== title && html`<span class="chooser__place">${place}</span>`}
        <${Icon} name="down" />
      </button>
      ${isOpen && html`<${ModelPicker} onClose=${() => { picker.value = ""; button.current?.focus() }} />`}
    </div>
  `
}

function RoleButton() {
  const { catalogue, picker, selection } = usePage().store
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null))
  const role = catalogue.value.roles.find(({ id }) => id === selection.value.role) ?? catalogue.value.roles[0]
  const isOpen = picker.value === "role"
  const isDefault = role?.id === "default"
  const name = localized(role?.title)

  return html`
    <div class="bar__place bar__place--role">
      <button type="button" class=${`chip ${isDefault ? "chip--default" : ""}`} ref=${button} aria-label=${isDefault ? name : undefined} aria-haspopup="dialog" aria-expanded=${isOpen} title=${t("roles.choose")}
        onPointerEnter=${RolePicker.warm} onFocus=${RolePicker.warm} onClick=${() => { picker.value = isOpen ? "" : "role" }}>
        ${isDefault ? html`<${Icon} name="person" />` : html`<span class="chip__label">${t("roles.role")}</span>`}<span class="chip__name">${name}</span>
      </button>
      ${isOpen && html`<${RolePicker} onClose=${() => { picker.value = ""; button.current?.focus() }} />`}
    </div>
  `
}

function OptionsButton() {
  const { store: { picker, tuning }, actions: { shownRole } } = usePage()
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null))
  const isOpen = picker.value === "options"
  const isChanged = JSON.stringify(tuning.value.options ?? {}) !== JSON.stringify(shownRole()?.options ?? {}) && tuning.value.options !== null

  return html`
    <div class="bar__place bar__place--options">
      <button type="button" class=${`icon-button ${isChanged ? "icon-button--marked" : ""}`} ref=${button} aria-label=${t("tuning.title")} title=${t("tuning.title")} aria-haspopup="dialog"
        aria-expanded=${isOpen} onPointerEnter=${OptionsPanel.warm} onFocus=${OptionsPanel.warm} onClick=${() => { picker.value = isOpen ? "" : "options" }}><${Icon} name="sliders" /></button>
      ${isOpen && html`<${OptionsPanel} onClose=${() => { picker.value = ""; button.current?.focus() }} />`}
    </div>
  `
}
