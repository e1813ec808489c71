/** All links by which one's conversations are read, over all of them. */
import { html, useEffect, useState } from "../view.js"
import { t } from "../i18n.js"
import { Dialog } from "./dialog.js"
import { SharedLinks, useSharing } from "./shared-links.js"

/** @import { Link } from "../sharing.js" */

export function Links() {
  const { ask, busy, give, note } = useSharing()
  const [known, know] = useState(/** @type {{ shares: Link[], enabled: boolean } | null} */ (null))
  useEffect(() => { void ask(async ({ readAllLinks }) => know(await readAllLinks())) }, [])
  return html`
    <${Dialog} title=${t("links.title")}>
      <div class="share" aria-busy=${busy}>
        ${known && !known.enabled && html`<p class="share__text">${t("errors.sharing_off")}</p>`}
        ${known?.shares.length === 0 && html`<p class="share__text">${t("links.empty")}</p>`}
        ${known && html`<${SharedLinks} links=${known.shares} titled onCopy=${give} ask=${ask} />`}
        <p class="share__said" role="status">${note}</p>
      </div>
    <//>
  `
}
