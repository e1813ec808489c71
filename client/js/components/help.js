/** The keys that do something. */
import { html } from "../view.js"
import { COMMANDS } from "../commands.js"
import { t } from "../i18n.js"
import { keysOf } from "../keys.js"
import { Dialog } from "./dialog.js"

export function Help() {
  return html`
    <${Dialog} title=${t("help.title")}>
      <dl class="keys">
        ${COMMANDS.filter(({ keys }) => keys.length).map(command => html`
          <div class="keys__row" key=${command.name}>
            <dt>${t(`help.${command.name}`)}</dt>
            <dd>${keysOf(command).map(key => html`<kbd>${key}</kbd>`)}</dd>
          </div>`)}
      </dl>
    <//>
  `
}
