/** What is shown on the page of components, in groups. Components are the real ones; plain controls stand as their markup is. */
import { html, useState } from "../view.js"
import { Answer } from "../components/answer.js"
import { Banner, Toasts } from "../components/edge.js"
import { Greeting } from "../components/greeting.js"
import { Icon, Mark, iconNames } from "../components/icon.js"
import { Menu } from "../components/menu.js"
import { ModelPicker } from "../components/model-picker.js"
import { Notice } from "../components/notice.js"
import { Question } from "../components/question.js"
import { RolePicker } from "../components/role-picker.js"
import { Settings } from "../components/settings.js"
import { Help } from "../components/help.js"
import { usePage } from "../page.js"
import { MESSAGES } from "./samples.js"

/** @import { Children } from "../view.js" */

/** @param {{ name: string, children?: Children }} props */
const Sample = ({ name, children }) => html`<div class="design__sample"><p class="design__name">${name}</p><div class="design__shown">${children}</div></div>`

export const Icons = () => html`
  <div class="design__icons">
    <figure><${Mark} /><figcaption>mark</figcaption></figure>
    ${iconNames().map(name => html`<figure key=${name}><${Icon} name=${name} /><figcaption>${name}</figcaption></figure>`)}
  </div>`

export function Controls() {
  return html`
    <${Sample} name="button">
      <button type="button" class="button button--main">Main</button> <button type="button" class="button">Usual</button>
      <button type="button" class="button button--small"><${Icon} name="forward" />Small</button> <button type="button" class="button" disabled>Disabled</button>
    <//>
    <${Sample} name="icon-button">
      ${["copy", "again", "more"].map(name => html`<button type="button" class="icon-button" aria-label=${name} key=${name}><${Icon} name=${name} /></button>`)}
      <button type="button" class="icon-button" aria-label="disabled" disabled><${Icon} name="copy" /></button>
      <button type="button" class="icon-button icon-button--busy" aria-label="busy"><${Icon} name="again" /></button>
    <//>
    <${Sample} name="chip, toggle, send">
      <button type="button" class="chip"><span class="chip__label">Role:</span>Programmer</button>
      <button type="button" class="toggle" aria-pressed="false"><${Icon} name="globe" />Off</button>
      <button type="button" class="toggle" aria-pressed="true"><${Icon} name="globe" />On</button>
      <button type="button" class="send" aria-label="send"><${Icon} name="arrow_up" /></button>
      <button type="button" class="send" aria-label="stop"><span class="send__stop"></span></button>
      <button type="button" class="send" aria-label="disabled" disabled><${Icon} name="arrow_up" /></button>
    <//>
    <${Sample} name="field"><label class="field"><${Icon} name="search" /><input placeholder="Find" /><kbd>Ctrl+K</kbd></label><//>
    <${Sample} name="row-button"><button type="button" class="row-button row-button--new"><${Icon} name="plus" />New</button><button type="button" class="row-button"><${Icon} name="archive" />Archive</button><//>
    <${Sample} name="choice">
      <div class="choice__options">${["One", "Two", "Three"].map((label, i) => html`<label class="choice__option" key=${label}><input type="radio" checked=${i === 0} /><span>${label}</span></label>`)}</div>
    <//>
    <${Sample} name="dot, skeleton">
      <span class="dot"></span>
      <div class="skeleton"><i></i><i></i><i></i><i></i></div>
    <//>
  `
}

export function Notices() {
  const { line, toasts } = usePage().store
  const show = () => { toasts.value = [{ id: 1, text: "Copied" }, { id: 2, text: "“A letter to the landlord” was deleted", action: { label: "Undo", run: () => {} } }] }
  return html`
    <${Sample} name="notice">
      ${["no_connection", "key_missing", "context_too_long"].map(code => html`
        <${Notice} key=${code} trouble=${{ code, values: { provider: "OpenAI" } }} onRetry=${() => {}} onProceed=${code === "no_connection" ? () => {} : undefined} />`)}
    <//>
    <${Sample} name="toasts, banner">
      <button type="button" class="button button--small" onClick=${show}>Toasts</button>
      <button type="button" class="button button--small" onClick=${() => { line.value = line.value === "online" ? "offline" : "online" }}>Banner</button>
      <${Toasts} /><${Banner} />
    <//>
  `
}

export function Conversation() {
  return html`
    <${Sample} name="greeting"><${Greeting} /><//>
    ${Object.entries(MESSAGES).map(([name, message]) => html`
      <${Sample} name=${`message: ${name}`} key=${name}>
        ${message.role === "user" ? html`<${Question} message=${message} editing=${false} />` : html`<${Answer} message=${message} editing=${false} />`}
      <//>`)}
    <${Sample} name="message: edited"><${Question} message=${MESSAGES.question} editing /><//>
  `
}

/** Sheets take the focus, so each is opened by hand. */
export function Sheets() {
  const [open, show] = useState("")
  const { dialog } = usePage().store
  // One sheet goes as the next one comes: it takes nobody along.
  const close = (/** @type {string} */ name) => () => show(now => (now === name ? "" : now))
  const items = [{ icon: "pencil", label: "Rename", keys: "F2", run: () => {} }, { icon: "trash", label: "Delete", danger: true, run: () => {} }]
  const wanted = (/** @type {string} */ name) => () => { dialog.value = name; show(open === name ? "" : name) }
  return html`
    <div class="design__openers">
      ${["menu", "models", "roles", "settings", "keys"].map(name => html`<button type="button" class="button button--small" key=${name} aria-expanded=${open === name} onClick=${wanted(name)}>${name}</button>`)}
    </div>
    <div class="design__stage">
      ${open === "menu" && html`<div class="menu menu--open"><${Menu} label="menu" items=${items} onClose=${close("menu")} /></div>`}
      ${open === "models" && html`<${ModelPicker} onClose=${close("models")} />`}
      ${open === "roles" && html`<${RolePicker} onClose=${close("roles")} />`}
      ${open === "settings" && dialog.value && html`<${Settings} />`}
      ${open === "keys" && dialog.value && html`<${Help} />`}
    </div>
  `
}
