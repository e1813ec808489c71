/** The links of a conversation: each can be copied again and revoked; revoking is done at once and can be taken back. */
import { html, useState } from "../view.js"
import { day, isolated, moment, t } from "../i18n.js"
import { root } from "../root.js"
import { Icon } from "./icon.js"

/** @import { Link } from "../sharing.js" */
/** @typedef {(deed: (how: typeof import("../sharing.js")) => Promise<unknown>) => Promise<unknown>} Ask */

/** @param {{ links: Link[], onCopy: (link: Link) => void, ask: Ask }} props */
export function SharedLinks({ links, onCopy, ask }) {
  if (!links.length) return null
  return html`<ul class="share__links">${links.map(link => html`<${Line} key=${link.id} link=${link} onCopy=${onCopy} ask=${ask} />`)}</ul>`
}

/** @param {{ link: Link, onCopy: (link: Link) => void, ask: Ask }} props */
function Line({ link, onCopy, ask }) {
  const [isRevoked, revoked] = useState(false)
  const address = new URL(link.path, root).href
  const revoke = () => ask(async ({ revokeLink }) => { await revokeLink(link); revoked(true) })
  const bringBack = () => ask(async ({ bringLinkBack }) => { await bringLinkBack(link); revoked(false) })
  if (isRevoked) {
    return html`
      <li class="share__line">
        <span class="share__about">${t("share.revoked")}</span>
        <button type="button" class="button button--small" onClick=${bringBack}>${t("toast.undo")}</button>
      </li>`
  }
  return html`
    <li class="share__line">
      <div class="share__about">
        <a class="share__address" href=${address} target="_blank" rel="noopener">${address}</a>
        <small>${about(link)}</small>
      </div>
      <button type="button" class="icon-button" aria-label=${t("share.copy")} title=${t("share.copy")} onClick=${() => onCopy(link)}><${Icon} name="copy" /></button>
      <button type="button" class="button button--small" onClick=${revoke}>${t("share.revoke")}</button>
    </li>
  `
}

/** @param {Link} link */
const about = ({ created_at, expires_at, reasoning }) => [
  t("share.made", { day: day(created_at) }),
  expires_at === null ? t("share.forever") : t("share.until", { moment: moment(expires_at) }),
  reasoning && t("share.with_reasoning"),
].filter(Boolean).map(isolated).join(" · ")
