/** The button under a message that opens all else that can be done with it. */
import { html, lazy, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { Icon } from "./icon.js"

const MessageMenu = lazy(() => import("./message-menu.js").then(file => file.MessageMenu))

/** @param {{ message: import("../chat.js").Message }} props */
export function More({ message }) {
  const [isOpen, open] = useState(false)
  const button = useRef(/** @type {HTMLElement | null} */ (null))
  const close = (/** @type {{ focusBack: boolean }} */ { focusBack }) => {
    open(false)
    if (focusBack) button.current?.focus()
  }
  return html`
    <span class=${`menu ${isOpen ? "menu--open" : ""}`}>
      <button type="button" class="icon-button" ref=${button} aria-haspopup="menu" aria-expanded=${isOpen} aria-label=${t("message.more")} title=${t("message.more")}
        onPointerEnter=${MessageMenu.warm} onFocus=${MessageMenu.warm} onClick=${() => open(!isOpen)}><${Icon} name="more" /></button>
      ${isOpen && html`<${MessageMenu} message=${message} onClose=${close} />`}
    </span>
  `
}
