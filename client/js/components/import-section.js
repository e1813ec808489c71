/** The part of the settings that brings chats in from a file, after showing what is in it, and takes all of them out. */
import { html, useEffect, useState } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"

/** @import { Import } from "../api.js" */
/** @import { Trouble } from "../store.js" */
/** @typedef {{ file: File, found: Import }} Waiting */

/** What programs call themselves. */
const PROGRAMS = /** @type {Record<string, string>} */ ({
  chatgpt: "ChatGPT", claude: "Claude", "open-webui": "Open WebUI", librechat: "LibreChat", nextchat: "NextChat", lobechat: "LobeChat",
  chatbox: "Chatbox", "llama.cpp": "llama.cpp",
})

export function ImportSection() {
  const { store: { ancestors, dialog }, actions: { exportAddress, transfer } } = usePage()
  const [busy, work] = useState(false)
  const [waiting, wait] = useState(/** @type {Waiting | null} */ (null))
  const [said, say] = useState("")
  useEffect(() => { void transfer().then(file => file.lookForAncestors()).catch(() => {}) }, [])

  /** @param {File} file @param {"previewFile" | "bringFile"} how @param {(found: Import) => void} [then] */
  const ask = async (file, how, then) => {
    work(true)
    const { found, trouble } = await (await transfer())[how](file)
    work(false)
    if (found) then?.(found)
    else say(sentenceOf(/** @type {Trouble} */ (trouble)))
  }
  /** @param {Event & { currentTarget: HTMLInputElement }} event */
  const choose = event => {
    const file = event.currentTarget.files?.[0]
    event.currentTarget.value = ""
    wait(null)
    say("")
    if (file) void ask(file, "previewFile", found => wait({ file, found }))
  }
  const bring = () => {
    if (!waiting) return
    wait(null)
    void ask(waiting.file, "bringFile")
  }
  const move = async () => {
    dialog.value = ""
    await (await transfer()).moveAncestors()
  }

  return html`
    <section class="import" aria-labelledby="import-title">
      <h3 id="import-title">${t("import.title")}</h3>
      <div class="import__row">
        <input type="file" id="import-file" class="import__file" accept=".json,.jsonl,.zip" disabled=${busy} onChange=${choose} />
        <label class="button button--small" for="import-file">${t("import.choose")}</label>
        <a class="button button--small" href=${exportAddress()} download>${t("import.take_all")}</a>
        ${ancestors.value.count > 0 && html`
          <button type="button" class="button button--small" onClick=${move}>${t("import.ancestors", { count: ancestors.value.count })}</button>`}
      </div>
      <div role="status">
        ${busy && html`<p class="import__found">${t("import.working")}</p>`}
        ${said && html`<p class="import__found">${said}</p>`}
        ${waiting && html`<p class="import__found">${describe(waiting.found)}</p>`}
      </div>
      ${waiting && html`
        <div class="import__row">
          ${(waiting.found.already < waiting.found.conversations || waiting.found.library) && html`
            <button type="button" class="button button--small button--main" onClick=${bring}>${t("import.bring")}</button>`}
          <button type="button" class="button button--small" onClick=${() => wait(null)}>${t("question.cancel")}</button>
        </div>`}
    </section>
  `
}

/** @param {Import} found */
function describe({ format, conversations, messages, already, library }) {
  const program = PROGRAMS[format] ?? t(format === "freegpt" ? "import.old_page" : "app.name")
  const what = [t("import.found", { program, count: conversations, messages }), library && t("import.library", { count: library })].filter(Boolean).join(" ")
  if (!already) return what
  return `${what} ${already === conversations ? t("import.nothing_new") : t("import.already", { count: already })}`
}

/** @param {Trouble} trouble */
const sentenceOf = ({ code, values }) => (code === "body_too_large" ? t("import.too_large") : t(`errors.${code}`, values))
