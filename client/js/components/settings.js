/** What a person may set for this browser, and the way out where one had to log in. */
import { html, lazy, useEffect, useState } from "../view.js"
import { languages, t } from "../i18n.js"
import { notify } from "../notifying.js"
import { usePage } from "../page.js"
import { Dialog } from "./dialog.js"

const ImportSection = lazy(() => import("./import-section.js").then(file => file.ImportSection), ["import"])

const THEMES = ["auto", "light", "dark"]
const ACCENTS = ["violet", "blue", "green", "pink"]
const DENSITIES = ["comfortable", "compact"]
const SIZES = ["small", "normal", "large", "larger"]
const ENTERS = ["send", "newline"]

export function Settings() {
  const { store: { dialog, preferences }, actions: { library } } = usePage()
  const { theme, accent, density, size, language, enter } = preferences.value
  return html`
    <${Dialog} title=${t("settings.title")}>
      <h3 class="dialog__part">${t("settings.looks")}</h3>
      <${Choice} name="theme" value=${theme} options=${THEMES.map(id => ({ id, label: t(`settings.theme_${id}`) }))} />
      <${Choice} name="accent" value=${accent} swatch options=${ACCENTS.map(id => ({ id, label: t(`settings.accent_${id}`) }))} />
      <${Choice} name="size" value=${size} options=${SIZES.map(id => ({ id, label: t(`settings.size_${id}`) }))} />
      <${Choice} name="density" value=${density} options=${DENSITIES.map(id => ({ id, label: t(`settings.density_${id}`) }))} />
      <h3 class="dialog__part">${t("settings.writing")}</h3>
      <${LanguageChoice} value=${language} />
      <${Choice} name="enter" value=${enter} options=${ENTERS.map(id => ({ id, label: t(`settings.enter_${id}`) }))} />
      ${"Notification" in window && isSecureContext && html`<${NotifyChoice} />`}
      <p class="dialog__line dialog__line--steps">
        <button type="button" class="button button--small" onClick=${() => void library().then(({ open }) => open())}>${t("library.title")}</button>
        <button type="button" class="button button--small" onClick=${() => { dialog.value = "links" }}>${t("links.title")}</button>
      </p>
      <${ImportSection} />
      <${Account} />
    <//>
  `
}

/** The browser asks for the permission when a person wishes it here, and never before. */
function NotifyChoice() {
  const { preferences } = usePage().store
  const [isDenied, deny] = useState(false)
  const choose = async (/** @type {string} */ id) => deny(!(await notify(id === "on")))
  return html`
    <${Choice} name="notify" value=${preferences.value.notify ? "on" : "off"} options=${["off", "on"].map(id => ({ id, label: t(`settings.notify_${id}`) }))} onChoose=${choose} />
    <p class="dialog__line" role="alert">${isDenied && t("settings.notify_denied")}</p>
  `
}

/** @param {{ name: string, value: string, swatch?: boolean, options: { id: string, label: string }[], onChoose?: (id: string) => void }} props */
function Choice({ name, value, swatch = false, options, onChoose }) {
  const { prefer } = usePage().actions
  return html`
    <fieldset class="choice" aria-labelledby=${`choice-${name}`}>
      <legend id=${`choice-${name}`}>${t(`settings.${name}`)}</legend>
      <div class=${`choice__options ${swatch ? "choice__options--swatch" : ""}`}>
        ${options.map(({ id, label }) => html`
          <label class="choice__option" key=${id} data-accent=${swatch ? id : undefined}>
            <input type="radio" name=${name} value=${id} checked=${id === value} onChange=${() => (onChoose ? onChoose(id) : prefer({ [name]: id }))} />
            <span>${swatch && html`<i class="choice__swatch"></i>`}${label}</span>
          </label>`)}
      </div>
    </fieldset>
  `
}

/** As many as there are: the browser's own list, which every device knows how to show and to search. @param {{ value: string }} props */
function LanguageChoice({ value }) {
  const { prefer } = usePage().actions
  const [known, know] = useState(/** @type {import("../i18n.js").Languages} */ ({}))
  useEffect(() => {
    let here = true
    void languages().then(all => { if (here) know(all) }, () => {})
    return () => { here = false }
  }, [])
  return html`
    <label class="choice">
      <span class="choice__title">${t("settings.language")}</span>
      <select class="choice__list" value=${value} onChange=${(/** @type {any} */ event) => prefer({ language: event.currentTarget.value })}>
        <option value="">${t("settings.language_auto")}</option>
        ${Object.entries(known).map(([code, { name }]) => html`<option key=${code} value=${code} lang=${code} selected=${code === value}>${name}</option>`)}
      </select>
    </label>
  `
}

/** Who is here, and which version this is. */
function Account() {
  const { aboutServer, logOut } = usePage().actions
  const [known, know] = useState({ isSignedIn: false, version: "" })
  useEffect(() => {
    let here = true
    void aboutServer().then(about => { if (here) know(about) })
    return () => { here = false }
  }, [])
  return html`
    <footer class="dialog__foot">
      ${known.isSignedIn && html`
        <button type="button" class="button button--small" onClick=${() => logOut(false)}>${t("settings.log_out")}</button>
        <button type="button" class="button button--small" onClick=${() => logOut(true)}>${t("settings.log_out_everywhere")}</button>`}
      <small class="dialog__version">${known.version && t("settings.version", { version: known.version })}</small>
    </footer>
  `
}
