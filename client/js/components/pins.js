/** The pinned messages of the open conversation, and the way to each of them. */
import { html, useEffect, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { plainText } from "../plain.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"
import { Popover } from "./popover.js"

/** Letters of a message that tell which one it is. */
const SHOWN = 160
const READ = 2_000

export function Pins() {
  const { pinned } = usePage().store
  const [isOpen, open] = useState(false)
  const button = useRef(/** @type {HTMLElement | null} */ (null))
  const label = t("pins.title", { count: pinned.value.length })
  const close = () => { open(false); button.current?.focus() }
  return html`
    <div class="bar__place pins">
      <button type="button" class="icon-button" ref=${button} aria-haspopup="dialog" aria-expanded=${isOpen} aria-label=${label} title=${label}
        onClick=${() => open(!isOpen)}><${Icon} name="pin" /><span class="pins__label" aria-hidden="true">${label}</span></button>
      ${isOpen && html`<${Popover} label=${label} className="popover--pins" onClose=${close}><${List} onTake=${() => open(false)} /><//>`}
    </div>
  `
}

/** @param {{ onTake: () => void }} props */
function List({ onTake }) {
  const { store: { chat, pinned }, actions: { openMessage } } = usePage()
  const list = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => list.current?.querySelector("button")?.focus(), [])
  const conversation = chat.value.id ?? ""
  return html`
    <ul class="pins__list" ref=${list}>
      ${pinned.value.map(id => {
        const message = chat.value.messages.get(id)
        return message && html`
          <li key=${id}>
            <button type="button" class="pins__item" onClick=${() => { onTake(); openMessage(conversation, id) }}>
              <small>${t(message.role === "user" ? "messages.question" : "messages.answer")}</small>
              <span>${beginning(message)}</span>
            </button>
          </li>`
      })}
    </ul>
  `
}

/** @param {import("../chat.js").Message} message */
function beginning({ role, text }) {
  const start = text.slice(0, READ)
  return (role === "user" ? start : plainText(start, { aloud: true }) || plainText(start)).slice(0, SHOWN)
}
