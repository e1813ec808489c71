/** All models that can answer, by provider, with what is known of each provider at this moment. */
import { html, useState } from "../view.js"
import { number, t } from "../i18n.js"
import { usePage } from "../page.js"
import { MOST, isAmong, toggled } from "../rivals.js"
import { Icon, addIcons } from "./icon.js"
import { Listbox } from "./listbox.js"
import { Popover } from "./popover.js"
import { GUIDE, foundSentence } from "./greeting.js"

/** @import { Model, Provider } from "../api.js" */
/** @import { Page } from "../page.js" */

addIcons({ columns: "M5.5 5h4v14h-4zM14.5 5h4v14h-4z" })

/** @param {{ onClose: () => void }} props */
export function ModelPicker({ onClose }) {
  const [text, search] = useState("")
  const page = usePage()
  const { catalogue, rivals, temporary } = page.store
  const { asking, state } = catalogue.value
  const isComparing = rivals.value.length > 0 && !temporary.value

  return html`
    <${Popover} label=${t("models.choose")} className="popover--models" onClose=${onClose}>
      <header class="popover__head">
        <p class="popover__found" role="status">${asking || state === "loading" ? t("models.asking") : isComparing ? t("compare.chosen", { count: rivals.value.length, most: MOST }) : foundSentence(page)}</p>
        ${!temporary.value && html`
          <button type="button" class="toggle" aria-pressed=${isComparing} onClick=${() => { rivals.value = isComparing ? [] : [page.actions.shownChoice()] }}><${Icon} name="columns" />${t("compare.start")}</button>`}
        <button type="button" class=${`icon-button ${asking ? "icon-button--busy" : ""}`} aria-label=${t("models.refresh")} title=${t("models.refresh")}
          disabled=${asking} onClick=${page.actions.refreshCatalogue}><${Icon} name="again" /></button>
      </header>
      <${Listbox} label=${t("models.choose")} groups=${modelGroups(page, text, isComparing ? chooseSeveral(page) : chooseOne(page, onClose))} several=${isComparing} empty=${t("models.nothing_like", { text })}
        search=${{ text, placeholder: t("models.search"), onInput: search }} />
    <//>
  `
}

/** @typedef {{ isSelected: (model: Model) => boolean, take: (model: Model) => void }} Choosing */

/** @param {Page} page @param {() => void} onClose @returns {Choosing} */
function chooseOne({ actions }, onClose) {
  const chosen = actions.shownChoice()
  return {
    isSelected: ({ id, provider }) => id === chosen.model && provider === chosen.provider,
    take: ({ id, provider }) => { actions.chooseModel(id, provider); onClose() },
  }
}

/** @param {Page} page @returns {Choosing} */
function chooseSeveral({ store: { rivals } }) {
  const rival = (/** @type {Model} */ { id, provider }) => ({ model: id, provider })
  return {
    isSelected: model => isAmong(rivals.value, rival(model)),
    take: model => { rivals.value = toggled(rivals.value, rival(model)) },
  }
}

/** @param {Page} page @param {string} text @param {Choosing} choosing @returns {import("./listbox.js").Group[]} */
export function modelGroups({ store, actions }, text, { isSelected, take }) {
  const { models, providers } = store.catalogue.value
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const matches = (/** @type {string} */ name) => words.every(word => name.toLocaleLowerCase().includes(word))

  return [...providers].sort((a, b) => rank(a) - rank(b)).flatMap(provider => {
    const own = models.filter(model => model.provider === provider.id && matches(`${model.title} ${model.id} ${provider.title}`))
    if (!own.length && (words.length && !matches(provider.title))) return []
    const options = own.map(model => ({
      id: `${provider.id}-${model.id}`.replaceAll(" ", "_"),
      content: modelLine(model, actions.modelTitle(model.id, model.provider)),
      selected: isSelected(model),
      take: () => take(model),
    }))
    return [{ id: provider.id, title: provider.title || provider.id, note: providerNote(provider), options }]
  })
}

/** Those that can answer first, and of them those on this machine. @param {Provider} provider */
const rank = ({ id, state, local }) => id === GUIDE ? 1.5 : ["ready", "checking", "needs_key", "unreachable", "closed"].indexOf(state) * 2 + (local ? 0 : 1)

/** Names that differ in case and dashes only say the same. @param {string} name */
const letters = name => name.toLocaleLowerCase().replace(/[^\p{L}\p{N}]/gu, "")

/** @param {Model} model @param {string} name */
function modelLine({ id, title, context_length: context, capabilities }, name) {
  const more = [
    title && letters(title) !== letters(id) ? id : "",
    context ? t("models.context", { size: context >= 1000 ? `${number(Math.round(context / 1000))}K` : context }) : "",
    ...capabilities.filter(name => name === "vision" || name === "thinking").map(name => t(`models.${name}`)),
  ].filter(Boolean)
  return html`<span class="option__name">${name}</span>${more.length > 0 && html`<small class="option__more">${more.join(" · ")}</small>`}`
}

/** @param {Provider} provider */
function providerNote({ state, code, models, local }) {
  const ready = models ? t("models.count", { count: models }) : t("models.count_none")
  const sentence = state === "ready" ? ready : t(`models.state_${state}`)
  const reason = state === "unreachable" && code ? t(`errors.${code}`, { provider: "" }) : undefined
  return html`<small class="listbox__note" title=${reason}><${Icon} name=${state === "needs_key" ? "key" : local ? "computer" : "cloud"} />${sentence}</small>`
}
