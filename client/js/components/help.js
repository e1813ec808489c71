/** The keys that do something. */
import { html } from "../view.js"
import { t } from "../i18n.js"
import { SHORTCUTS, keysOf } from "../keys.js"
import { Dialog } from "./dialog.js"

/** Keys that belong to one place of the page and are handled there. */
const LOCAL = [
  { name: "stop", keys: ["Esc"] },
  { name: "edit", keys: ["↑"] },
  { name: "send_always", keys: ["Ctrl", "Enter"] },
  { name: "newline", keys: ["Shift", "Enter"] },
  { name: "rename", keys: ["F2"] },
  { name: "delete", keys: ["Delete"] },
]

export function Help() {
  const all = [...SHORTCUTS.map(shortcut => ({ name: shortcut.name, keys: keysOf(shortcut) })), ...LOCAL]
  return html`
    <${Dialog} title=${t("help.title")}>
      <dl class="keys">
        ${all.map(({ name, keys }) => html`
          <div class="keys__row" key=${name}>
            <dt>${t(`help.${name}`)}</dt>
            <dd>${keys.map(key => html`<kbd>${key}</kbd>`)}</dd>
          </div>`)}
      </dl>
    <//>
  `
}
