/** Where one writes. Text is kept over a reload and comes back when it could not be sent. */
import { html, lazy, useEffect, useLayoutEffect, useRef, useState } from "../view.js"
import { grow } from "../growing.js"
import { t } from "../i18n.js"
import { whenIdle } from "../idle.js"
import { isComposing } from "../keys.js"
import { usePage } from "../page.js"
import { Icon } from "./icon.js"

const Notice = lazy(() => import("./notice.js").then(file => file.Notice))
const Meter = lazy(() => import("./meter.js").then(file => file.Meter), ["options"])
const Rivals = lazy(() => import("./rivals.js").then(file => file.Rivals), ["rivals"])

const Slash = lazy(() => Promise.all([import("./slash.js"), import("../library.js")])
  .then(([{ Slash }, library]) => (/** @type {Omit<import("./slash.js").Props, "library">} */ props) => html`<${Slash} ...${props} library=${library} />`), ["picker", "slash"])
/** A line that may name a prompt, or a place of one to fill in. */
const CALLS = /^[ \t]*\/|\{\{/m

/** A pause in writing after which the draft is kept, milliseconds. */
const PAUSE = 200

/** @param {{ warm: () => unknown }} props `warm` fetches what an answer is drawn with */
export function Composer({ warm }) {
  const page = usePage()
  const { store: { answering, comparing, openId, path, preferences, queue, refusal, web, whole }, actions: { editLast, send, stop } } = page
  const conversation = openId.value
  const { text, write, field } = useDraft(conversation)
  const isAnswering = Boolean(answering.value)
  const isQuiet = useQuiet()

  const submit = () => {
    if (!text.trim()) return
    send(text)
    write("", { keep: false })
  }
  /** @param {KeyboardEvent} event */
  const press = event => {
    if (isComposing(event)) return
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (!event.shiftKey && !event.altKey && enterSends(preferences.value.enter)))) {
      event.preventDefault()
      submit()
    } else if (event.key === "ArrowUp" && !text && editLast()) event.preventDefault()
  }

  return html`
    <form class="composer" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); submit() }}>
      ${refusal.value && html`<${Notice} trouble=${refusal.value} />`}
      ${comparing.value && html`<${Rivals} />`}
      ${queue.value.length > 0 && html`<${Queue} />`}
      ${isQuiet && whole.value && path.value.length > 0 && html`<${Meter} draft=${text} />`}
      <div class="composer__field" onClick=${(/** @type {any} */ event) => { if (event.target === event.currentTarget) field.current?.focus() }}>
        <textarea id="composer" class="composer__text" ref=${field} rows="1" value=${text} placeholder=${t("composer.placeholder")} aria-label=${t("composer.label")}
          enterkeyhint=${enterSends(preferences.value.enter) ? "send" : "enter"} autocomplete="off"
          onInput=${(/** @type {any} */ event) => { void warm(); write(event.currentTarget.value) }} onKeyDown=${press}></textarea>
        ${CALLS.test(text) && html`<${Slash} field=${field} text=${text} />`}
        <div class="composer__tools">
          ${canSearchWeb(page) && html`
            <button type="button" class="toggle" aria-pressed=${web.value} onClick=${() => { web.value = !web.value }}><${Icon} name="globe" />${t("composer.web")}</button>`}
          <span class="composer__hint">${t(isAnswering ? "composer.hint_queue" : enterSends(preferences.value.enter) ? "composer.hint_send" : "composer.hint_newline")}</span>
          ${isAnswering
            ? html`<button type="button" key="stop" class="send send--stop" aria-label=${t("composer.stop")} title=${`${t("composer.stop")}  Esc`} onClick=${stop}><span class="send__stop"></span></button>`
            : html`<button type="submit" key="send" class="send" aria-label=${t("composer.send")} title=${t("composer.send")} disabled=${!text.trim()}><${Icon} name="arrow_up" /></button>`}
        </div>
      </div>
    </form>
  `
}

/** False until the page has nothing better to do than to fetch what one does not look at first. */
function useQuiet() {
  const [isQuiet, rest] = useState(false)
  useEffect(() => whenIdle(() => rest(true)), [])
  return isQuiet
}

function Queue() {
  const { store: { queue }, actions: { unqueue } } = usePage()
  return html`
    <ul class="queue" aria-label=${t("composer.queue")}>
      ${queue.value.map((text, index) => html`
        <li class="queue__item" key=${`${index}${text}`}>
          <${Icon} name="clock" /><span class="queue__text">${text}</span>
          <button type="button" class="icon-button" aria-label=${t("composer.unqueue")} title=${t("composer.unqueue")} onClick=${() => unqueue(index)}><${Icon} name="close" /></button>
        </li>`)}
    </ul>
  `
}

/** On a phone Enter is a new line: there is a button beside it, and no Shift. */
const enterSends = (/** @type {string} */ enter) => enter === "send" && !matchMedia("(pointer: coarse) and (hover: none)").matches

/** The chosen model says that it can. @param {import("../page.js").Page} page */
function canSearchWeb({ store, actions }) {
  const { model, provider } = actions.shownChoice()
  return store.catalogue.value.models.some(known => known.id === model && known.provider === provider && known.capabilities.includes("web"))
}

/** The text being written: one draft for each conversation. @param {string | null} conversation */
function useDraft(conversation) {
  const { store: { returned, temporary }, actions: { draftOf, keepDraft, keepWaiting } } = usePage()
  const [text, setText] = useState(() => draftOf(conversation))
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null))
  const unsaved = useRef(/** @type {(() => void) | null} */ (null))
  const shown = useRef(conversation)

  const save = () => {
    unsaved.current?.()
    unsaved.current = null
  }
  /** @param {string} next @param {{ keep?: boolean }} [how] */
  const write = (next, { keep = true } = {}) => {
    setText(next)
    unsaved.current = keep && !temporary.value ? () => keepDraft(conversation, next) : null
  }

  useEffect(() => {
    const pause = setTimeout(save, PAUSE)
    return () => clearTimeout(pause)
  }, [text])
  useEffect(() => {
    const leave = () => { save(); keepWaiting() }
    addEventListener("pagehide", leave)
    return () => removeEventListener("pagehide", leave)
  }, [])
  // At once, so that a message one is led to, which takes the focus a moment later, keeps it.
  useLayoutEffect(() => {
    if (shown.current === conversation) return
    shown.current = conversation
    save()
    setText(draftOf(conversation))
    if (!matchMedia("(pointer: coarse)").matches) field.current?.focus()
  }, [conversation])
  useEffect(() => {
    const back = returned.value
    if (!back) return
    returned.value = ""
    const now = draftOf(conversation) || text
    write(now.includes(back) ? now : [back, now].filter(Boolean).join("\n\n"))
    field.current?.focus()
  }, [returned.value])
  useLayoutEffect(() => grow(field.current), [text])
  useEffect(() => { if (!matchMedia("(pointer: coarse)").matches) field.current?.focus() }, [])
  return { text, write, field }
}
