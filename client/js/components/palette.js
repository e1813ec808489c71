/** One field for everything: what can be done, conversations, models, roles. What was used last stands first. */
import { html, useEffect, useState } from "../view.js"
import { COMMANDS } from "../commands.js"
import { localized, t } from "../i18n.js"
import { keysOf } from "../keys.js"
import { usePage } from "../page.js"
import { useModal } from "./dialog.js"
import { Toasts } from "./edge.js"
import { Icon } from "./icon.js"
import { Listbox } from "./listbox.js"

/** @import { Command } from "../commands.js" */
/** @import { Found } from "../api.js" */
/** @import { Group, Option } from "./listbox.js" */
/** @import { Page } from "../page.js" */

/** A pause in typing that is worth a question to the server, milliseconds. */
const PAUSE = 120
/** Lines of one kind, at most. */
const MANY = 6
const REMEMBERED = 4

export function Palette() {
  const page = usePage()
  const { place, close } = useModal()
  const [text, search] = useState("")
  const found = useFound(text)
  /** @param {() => unknown} run */
  const take = run => () => { close(); run() }

  return html`
    <dialog class="palette" ref=${place} aria-label=${t("help.palette")} onClose=${close}
      onClick=${(/** @type {any} */ event) => { if (event.target === event.currentTarget) close() }}>
      <${Listbox} label=${t("help.palette")} groups=${groups(page, text, found, take)} empty=${t("palette.nothing")}
        search=${{ text, placeholder: t("palette.search"), onInput: search }} />
      <${Toasts} over />
    </dialog>
  `
}

/** What the server finds for the text. @param {string} text @returns {Found[]} */
function useFound(text) {
  const { shelving } = usePage().actions
  const [found, show] = useState(/** @type {Found[]} */ ([]))
  const query = text.trim()
  useEffect(() => {
    if (!query) return show([])
    const asking = new AbortController()
    const waiting = setTimeout(async () => {
      const { found } = await (await shelving()).search({ q: query, order: "newest" }, asking.signal)
      if (!asking.signal.aborted) show(found?.results ?? [])
    }, PAUSE)
    return () => {
      clearTimeout(waiting)
      asking.abort()
    }
  }, [query])
  return found
}

/** @param {Page} page @param {string} text @param {Found[]} found @param {(run: () => unknown) => () => void} take @returns {Group[]} */
function groups(page, text, found, take) {
  const words = plain(text).split(/\s+/).filter(Boolean)
  const fits = (/** @type {string} */ name) => words.every(word => plain(name).includes(word))
  const possible = COMMANDS.filter(command => command.run && command.icon && (!command.when || command.when(page)) && fits(sentence(command)))
  const { recent } = page.store.preferences.value
  const isRecent = (/** @type {Command} */ { name }) => !words.length && recent.includes(name)
  const lines = (/** @type {Command[]} */ commands) => commands.map(command => line(page, command, take))

  const all = [
    { id: "recent", title: t("palette.recent"), options: lines(recent.flatMap(name => possible.filter(command => isRecent(command) && command.name === name))) },
    { id: "conversations", title: t("sidebar.title"), options: conversations(page, fits, found, take) },
    { id: "here", title: t("palette.here"), options: lines(possible.filter(command => command.here && !isRecent(command))) },
    { id: "actions", title: t("palette.actions"), options: lines(possible.filter(command => !command.here && !isRecent(command))) },
    { id: "models", title: t("palette.models"), options: words.length ? models(page, fits, take) : [] },
    { id: "roles", title: t("palette.roles"), options: words.length ? roles(page, fits, take) : [] },
  ]
  // While one looks for something, deeds come before what was said.
  const order = words.length ? ["here", "actions", "conversations", "models", "roles"] : ["recent", "conversations", "here", "actions"]
  return order.map(id => all.find(group => group.id === id)).filter(group => group !== undefined).filter(({ options }) => options.length)
}

/** Capitals and dots do not matter. @param {string} name */
const plain = name => name.toLocaleLowerCase().replaceAll("ё", "е")

/** @param {Command} command */
const sentence = ({ name, says }) => (says ? says.map(key => t(key)).join(": ") : t(`help.${name}`))

/** @param {Page} page @param {Command} command @param {(run: () => unknown) => () => void} take @returns {Option} */
function line(page, command, take) {
  const { name, icon = "", keys, run } = command
  const { actions, store } = page
  return option(`do-${name}`, icon, sentence(command), keys.length ? html`<span class="palette__keys">${keysOf(command).map(key => html`<kbd>${key}</kbd>`)}</span>` : "", take(() => {
    actions.prefer({ recent: [name, ...store.preferences.value.recent.filter(other => other !== name)].slice(0, REMEMBERED) })
    run?.(page)
  }))
}

/** @param {Page} page @param {(name: string) => boolean} fits @param {Found[]} found @param {(run: () => unknown) => () => void} take */
function conversations({ store, actions }, fits, found, take) {
  const named = store.conversations.value.items.filter(({ title }) => fits(title)).slice(0, MANY)
  const other = found.filter(({ conversation }, at) =>
    !named.some(({ id }) => id === conversation) && found.findIndex(first => first.conversation === conversation) === at).slice(0, MANY)
  return [
    ...named.map(({ id, title }) => option(`talk-${id}`, "chat", title || t("sidebar.untitled"), "", take(() => actions.go(id)))),
    ...other.map(({ conversation, message_id: message, title, snippet }) => option(`talk-${conversation}`, "chat", title || t("sidebar.untitled"),
      html`<small class="option__more">${snippet}</small>`, take(() => actions.openMessage(conversation, message)))),
  ]
}

/** @param {Page} page @param {(name: string) => boolean} fits @param {(run: () => unknown) => () => void} take */
function models({ store, actions }, fits, take) {
  const { providerTitle, modelTitle, chooseModel } = actions
  return store.catalogue.value.models.filter(({ id, title, provider }) => fits(`${title} ${id} ${providerTitle(provider)}`)).slice(0, MANY)
    .map(({ id, provider }) => option(`model-${provider}-${id}`, "computer", modelTitle(id, provider),
      html`<small class="option__more">${providerTitle(provider)}</small>`, take(() => chooseModel(id, provider))))
}

/** @param {Page} page @param {(name: string) => boolean} fits @param {(run: () => unknown) => () => void} take */
function roles({ store, actions }, fits, take) {
  return store.catalogue.value.roles.filter(({ title }) => fits(localized(title))).slice(0, MANY)
    .map(({ id, title }) => option(`role-${id}`, "person", localized(title), "", take(() => actions.chooseRole(id))))
}

/** @param {string} id @param {string} icon @param {string} name @param {import("../view.js").Children} more @param {() => void} take @returns {Option} */
const option = (id, icon, name, more, take) => ({
  id: id.replaceAll(" ", "_"), selected: false, take,
  content: html`<span class="palette__line"><${Icon} name=${icon} /><span class="option__name">${name}</span>${more}</span>`,
})
