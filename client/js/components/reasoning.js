/** The model's thinking, folded, with the time it took where the page saw it. */
import { html, useEffect, useState } from "../view.js"
import { t } from "../i18n.js"
import { Icon } from "./icon.js"
import { Markdown } from "./markdown.js"

/** @import { Message } from "../chat.js" */

/** @param {{ message: Message, running: boolean }} props */
export function Reasoning({ message, running }) {
  const [isOpen, open] = useState(false)
  if (!message.reasoning) return null
  return html`
    <details class=${`reasoning ${running ? "reasoning--running" : ""}`} open=${isOpen}
      onToggle=${(/** @type {any} */ event) => open(event.currentTarget.open)}>
      <summary class="reasoning__title"><${Icon} name="thought" /><span>${running ? html`<${Clock} from=${message.thinking?.from} />` : title(message)}</span><${Icon} name="down" /></summary>
      ${isOpen && html`<div class="reasoning__text"><${Markdown} text=${message.reasoning} streaming=${running} /></div>`}
    </details>
  `
}

/** @param {Message} message */
function title({ thinking }) {
  if (!thinking?.to) return t("reasoning.title")
  return t("reasoning.took", { count: Math.max(1, Math.round((thinking.to - thinking.from) / 1000)) })
}

/** @param {{ from: number | undefined }} props */
function Clock({ from }) {
  const [now, tick] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => tick(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const seconds = from ? Math.floor((now - from) / 1000) : 0
  return seconds > 0 ? t("reasoning.running_for", { count: seconds }) : t("reasoning.running")
}
