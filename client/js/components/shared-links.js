/** Links for reading: each can be copied again and revoked; revoking is done at once and can be taken back. */
import { html, useState } from "../view.js"
import { copyText } from "../clipboard.js"
import { day, isolated, moment, t } from "../i18n.js"
import { usePage } from "../page.js"
import { root } from "../root.js"
import { Icon } from "./icon.js"

/** @import { Link } from "../sharing.js" */
/** @typedef {typeof import("../sharing.js")} Sharing */
/** @typedef {(deed: (how: Sharing) => Promise<unknown>) => Promise<unknown>} Ask */

/** What a dialog about links asks of the server, how a link is taken, and the sentence about how that went. */
export function useSharing() {
  const { sharing } = usePage().actions
  const [busy, work] = useState(false)
  const [note, say] = useState("")

  /** @template T @param {(how: Sharing) => Promise<T>} deed @returns {Promise<T | undefined>} */
  const ask = async deed => {
    say("")
    work(true)
    const how = await sharing()
    const { found, trouble } = await how.attempt(deed(how))
    work(false)
    if (trouble) say(t(`errors.${trouble.code}`, trouble.values))
    return found
  }
  const give = async (/** @type {string | Promise<string>} */ address) => say(t((await copyText(address)) ? "share.copied" : "toast.copy_failed"))
  return { ask, busy, give, note }
}

/** Where it leads. @param {Link} link */
export const addressBy = link => new URL(link.path, root).href

/** @param {{ links: Link[], titled?: boolean, onCopy: (address: string) => void, ask: Ask }} props `titled`: also of which conversation each is */
export function SharedLinks({ links, titled = false, onCopy, ask }) {
  if (!links.length) return null
  return html`<ul class="share__links">${links.map(link => html`<${Line} key=${link.id} link=${link} titled=${titled} onCopy=${onCopy} ask=${ask} />`)}</ul>`
}

/** @param {{ link: Link, titled: boolean, onCopy: (address: string) => void, ask: Ask }} props */
function Line({ link, titled, onCopy, ask }) {
  const [isRevoked, revoked] = useState(false)
  const address = addressBy(link)
  const name = titled ? `: ${link.title || t("sidebar.untitled")}` : ""
  const revoke = () => ask(async ({ revokeLink }) => { await revokeLink(link); revoked(true) })
  const bringBack = () => ask(async ({ bringLinkBack }) => { await bringLinkBack(link); revoked(false) })
  return html`
    <li class="share__line">
      <div class="share__about">
        ${titled && html`<${Title} link=${link} />`}
        ${isRevoked ? html`<span role="status">${t("share.revoked")}</span>` : html`
          <a class="share__address" href=${address} target="_blank" rel="noopener">${address}</a>
          <small>${about(link)}</small>`}
      </div>
      ${isRevoked ? html`<button type="button" class="button button--small" aria-label=${t("toast.undo") + name} onClick=${bringBack}>${t("toast.undo")}</button>` : html`
        <button type="button" class="icon-button" aria-label=${t("share.copy") + name} title=${t("share.copy")} onClick=${() => onCopy(address)}><${Icon} name="copy" /></button>
        <button type="button" class="button button--small" aria-label=${t("share.revoke") + name} onClick=${revoke}>${t("share.revoke")}</button>`}
    </li>
  `
}

/** What the link shows, and the way to it. @param {{ link: Link }} props */
function Title({ link: { conversation, leaf, title } }) {
  const { store: { dialog }, actions: { addressOf, openMessage } } = usePage()
  /** @param {MouseEvent} event */
  const open = event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    dialog.value = ""
    openMessage(conversation, leaf)
  }
  return html`<a class="share__title" href=${addressOf(conversation)} dir="auto" onClick=${open}>${title || t("sidebar.untitled")}</a>`
}

/** @param {Link} link */
const about = ({ created_at, expires_at, reasoning }) => [
  t("share.made", { day: day(created_at) }),
  expires_at === null ? t("share.forever") : t("share.until", { moment: moment(expires_at) }),
  reasoning && t("share.with_reasoning"),
].filter(Boolean).map(isolated).join(" · ")
