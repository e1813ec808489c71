/** The dialog by which a conversation leaves the program: a link for reading, a file, paper. */
import { html, useEffect, useState } from "../view.js"
import { t } from "../i18n.js"
import { Dialog } from "./dialog.js"
import { Icon } from "./icon.js"
import { SharedLinks, addressBy, useSharing } from "./shared-links.js"

/** @import { Branch, Link } from "../sharing.js" */
/** @import { Sharing } from "./shared-links.js" */

const DAY = 86_400
const TERMS = [{ id: "never", seconds: null }, { id: "day", seconds: DAY }, { id: "week", seconds: 7 * DAY }, { id: "month", seconds: 30 * DAY }]
const LOOPBACK = /^(?:localhost|127\.|\[::1\])/

/** @param {{ id: string }} props */
export function Share({ id }) {
  const { ask, busy, give, note } = useSharing()
  const [branch, know] = useState(/** @type {Branch | null} */ (null))
  const [links, setLinks] = useState(/** @type {{ shares: Link[], enabled: boolean } | null} */ (null))
  const [reasoning, tell] = useState(false)
  useEffect(() => {
    void ask(async ({ readBranch, readLinks }) => {
      know(await readBranch(id))
      setLinks(await readLinks(id))
    })
  }, [id])

  const make = async (/** @type {number | null} */ seconds) => {
    const making = ask(({ makeLink }) => makeLink(id, { leaf: branch?.leaf ?? "", expires_in: seconds, reasoning }))
    const giving = give(making.then(made => (made ? addressBy(made.share) : Promise.reject(new Error("there is no link")))))
    const [made] = await Promise.all([making, giving.catch(() => {})])
    if (made && links) setLinks({ ...links, shares: [made.share, ...links.shares] })
  }
  const leaf = branch?.leaf
  const hasReasoning = branch?.messages.some(message => message.reasoning)

  return html`
    <${Dialog} title=${t("share.title")}>
      <div class="share" aria-busy=${busy}>
        ${branch && !leaf && html`<p class="share__text">${t("share.not_yet")}</p>`}
        ${leaf && hasReasoning && html`
          <label class="share__check"><input type="checkbox" checked=${reasoning} onChange=${() => tell(!reasoning)} /><span>${t("share.reasoning")}</span></label>`}
        ${leaf && links && html`
          <section aria-labelledby="share-link">
            <h3 id="share-link">${t("share.link")}</h3>
            ${links.enabled ? html`<${Maker} busy=${busy} onMake=${make} />` : html`<p class="share__text">${t("errors.sharing_off")}</p>`}
            <${SharedLinks} links=${links.shares} onCopy=${give} ask=${ask} />
          </section>`}
        <p class="share__said" role="status">${note}</p>
        ${branch && leaf && html`<${Files} id=${id} branch=${branch} reasoning=${reasoning} busy=${busy} ask=${ask} />`}
      </div>
    <//>
  `
}

/** @param {{ busy: boolean, onMake: (seconds: number | null) => void }} props */
function Maker({ busy, onMake }) {
  const [term, choose] = useState("never")
  return html`
    <p class="share__text">${t("share.about")}</p>
    ${LOOPBACK.test(location.hostname) && html`<p class="share__text">${t("share.only_here")}</p>`}
    <fieldset class="choice">
      <legend>${t("share.term")}</legend>
      <div class="choice__options">
        ${TERMS.map(({ id }) => html`
          <label class="choice__option" key=${id}>
            <input type="radio" name="term" value=${id} checked=${id === term} onChange=${() => choose(id)} /><span>${t(`share.term_${id}`)}</span>
          </label>`)}
      </div>
    </fieldset>
    <button type="button" class="button button--main share__make" disabled=${busy} onClick=${() => onMake(TERMS.find(({ id }) => id === term)?.seconds ?? null)}>
      <${Icon} name="share" />${t("share.make")}</button>
  `
}

/** @param {{ id: string, branch: Branch, reasoning: boolean, busy: boolean, ask: (deed: (how: Sharing) => Promise<unknown>) => Promise<unknown> }} props */
function Files({ id, branch, reasoning, busy, ask }) {
  const [working, work] = useState("")
  const leaf = branch.leaf ?? ""
  /** @param {string} name @param {(how: Sharing) => Promise<unknown> | void} deed */
  const run = async (name, deed) => {
    work(name)
    await ask(async how => { await deed(how) })
    work("")
  }
  const files = [
    { name: "Markdown", icon: "article", deed: (/** @type {Sharing} */ { download }) => download(id, "md", leaf, reasoning) },
    { name: "JSON", icon: "code", deed: (/** @type {Sharing} */ { download }) => download(id, "json", leaf, reasoning) },
    { name: t("share.page"), icon: "globe", deed: (/** @type {Sharing} */ { downloadPage }) => downloadPage(branch, reasoning) },
    { name: t("share.paper"), icon: "book", deed: (/** @type {Sharing} */ { print }) => print(branch, reasoning) },
  ]
  return html`
    <section aria-labelledby="share-take">
      <h3 id="share-take">${t("share.take")}</h3>
      <div class="share__files">
        ${files.map(({ name, icon, deed }) => html`
          <button type="button" class="button" key=${name} disabled=${busy} onClick=${() => run(name, deed)}>
            <${Icon} name=${icon} />${working === name ? t("share.working") : name}</button>`)}
      </div>
    </section>
  `
}
