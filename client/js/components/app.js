/** The page: what stands where. */
import { effect, html, lazy, useEffect } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { Bar } from "./bar.js"
import { Composer } from "./composer.js"
import { Banner, Toasts } from "./edge.js"
import { Greeting } from "./greeting.js"
import { Sidebar } from "./sidebar.js"

export const Messages = lazy(() => import("./messages.js").then(file => file.Messages), ["messages", "message", "markdown", "code", "print"])
const Settings = lazy(() => import("./settings.js").then(file => file.Settings), ["dialog"])
const Help = lazy(() => import("./help.js").then(file => file.Help), ["dialog"])
const Share = lazy(() => import("./share.js").then(file => file.Share), ["dialog", "share"])
const Links = lazy(() => import("./links.js").then(file => file.Links), ["dialog", "share"])
const Palette = lazy(() => import("./palette.js").then(file => file.Palette), ["picker", "palette"])
const ImportOffer = lazy(() => import("./import-offer.js").then(file => file.ImportOffer), ["import"])
const ValuesForm = lazy(() => Promise.all([import("./values-form.js"), import("../tuning.js")])
  .then(([{ ValuesForm }, tuning]) => () => html`<${ValuesForm} tuning=${tuning} />`), ["dialog", "item"])
const Library = lazy(() => Promise.all([import("./library.js"), import("../library.js")])
  .then(([{ Library }, library]) => () => html`<${Library} library=${library} />`), ["picker", "dialog", "options", "item"])
const Missing = lazy(() => import("./missing.js").then(file => file.Missing))

export function App() {
  const { store } = usePage()
  const { ancestors, dialog, drawer, opening, path } = store
  useEffect(() => effect(() => showTitle(store)), [])
  const isEmpty = opening.value === "shown" && path.value.length === 0
  const isAsking = opening.value === "shown" || opening.value === "loading"

  return html`
    <div class=${`app ${drawer.value ? "app--drawer" : ""}`}>
      ${isAsking && html`<a class="skip" href="#composer" onClick=${skip}>${t("app.skip")}</a>`}
      <${Sidebar} warm=${warm} />
      <div class="scrim" onClick=${() => { drawer.value = false }}></div>
      <main class="conversation" inert=${drawer.value}>
        <${Bar} />
        <${Banner} />
        ${ancestors.value.offered && html`<${ImportOffer} />`}
        ${isAsking ? (isEmpty ? html`<${Greeting} />` : html`<${Messages} />`) : html`<${Missing} opening=${opening.value} />`}
        ${isAsking && html`<${Composer} warm=${warm} />`}
      </main>
      ${dialog.value === "settings" && html`<${Settings} />`}
      ${dialog.value === "library" && html`<${Library} />`}
      ${dialog.value === "values" && html`<${ValuesForm} />`}
      ${dialog.value === "help" && html`<${Help} />`}
      ${dialog.value.startsWith("share ") && html`<${Share} id=${dialog.value.slice(6)} />`}
      ${dialog.value === "links" && html`<${Links} />`}
      ${dialog.value === "palette" && html`<${Palette} />`}
      <${Toasts} />
    </div>
  `
}

/** What a conversation is drawn with is fetched while one is about to choose it, or to ask. */
export function warm() {
  void Messages.warm()
  void import("../stream.js").catch(() => {})
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault()
  document.getElementById("composer")?.focus()
}

/** @param {import("../page.js").Page["store"]} store */
function showTitle({ conversations, openId, unread }) {
  const title = conversations.value.items.find(({ id }) => id === openId.value)?.title
  document.title = (unread.value ? "● " : "") + (title ? `${title} — ${t("app.name")}` : t("app.name"))
}
