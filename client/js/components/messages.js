/** The conversation: its messages from the first to the last, and the scroll that follows them only while one reads at the end. */
import { html, lazy, useEffect, useLayoutEffect, useRef, useState } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { ScrollFollower } from "../scroll.js"
import { Answer } from "./answer.js"
import { Announcer } from "./announcer.js"
import { Icon } from "./icon.js"
import { Question } from "./question.js"

const Columns = lazy(() => import("./columns.js").then(file => file.Columns), ["columns"])
const Quote = lazy(() => import("./quote.js").then(file => file.Quote), ["quote"])
const Aloud = lazy(() => import("./aloud.js").then(file => file.Aloud), ["aloud"])
const AnswerWith = lazy(() => import("./answer-with.js").then(file => file.AnswerWith), ["dialog", "picker"])

/** Messages drawn at once; a longer past is added while nobody waits. */
const FIRST = 10
const STEP = 40
/** Safari does not keep the place when something comes above it. */
const anchors = CSS.supports("overflow-anchor", "auto")

export function Messages() {
  const { conversations, dialog, messageSignal, openId, opening, path, reading, sought, whole } = usePage().store
  const title = conversations.value.items.find(({ id }) => id === openId.value)?.title
  const place = useRef(/** @type {HTMLElement | null} */ (null))
  const follower = useRef(/** @type {ScrollFollower | null} */ (null))
  const [isAway, setAway] = useState(false)
  const [isSelecting, select] = useState(false)
  const ids = path.value
  const shown = useWindow(openId.value, ids, sought.value?.message)
  const lastQuestion = ids.findLast(id => messageSignal(id).peek()?.role === "user")

  useLayoutEffect(() => {
    if (!place.current) return
    const created = new ScrollFollower(place.current, setAway)
    follower.current = created
    return () => created.stop()
  }, [])
  useEffect(() => {
    const look = () => {
      const selection = getSelection()
      if (selection && !selection.isCollapsed && place.current?.contains(selection.anchorNode)) select(true)
    }
    document.addEventListener("selectionchange", look)
    return () => document.removeEventListener("selectionchange", look)
  }, [])
  // A conversation is opened at its end, and what one has just said is looked at.
  useLayoutEffect(() => follower.current?.toEnd(), [openId.value, lastQuestion, opening.value])
  useHeldPlace(place.current, follower.current, shown.length)
  useEffect(() => {
    const found = opening.value === "shown" && sought.value && place.current?.querySelector(`[data-id="${CSS.escape(sought.value.message)}"]`)
    if (!(found instanceof HTMLElement) || !follower.current) return
    sought.value = null
    follower.current.leadTo(found)
  })

  return html`
    <section class="messages" ref=${place} tabindex="-1" aria-label=${t("messages.title")} aria-busy=${opening.value === "loading"}>
      <h1 class="visually-hidden">${title || t("messages.title")}</h1>
      <div class="messages__list">
        ${!whole.value && shown.length === ids.length && html`<div class="messages__earlier"><${Skeleton} /></div>`}
        ${opening.value === "loading" ? html`<${Skeleton} />` : shown.map((id, at) => html`<${Message} key=${messageSignal(id).peek()?.key ?? id} id=${id} isLast=${at === shown.length - 1} />`)}
      </div>
    </section>
    <div class="messages__edge">
      <button type="button" class=${`to-end ${isAway ? "to-end--shown" : ""}`} tabindex=${isAway ? 0 : -1} aria-hidden=${!isAway}
        aria-label=${t("messages.to_end")} title=${t("messages.to_end")} onClick=${() => follower.current?.toEnd(true)}><${Icon} name="arrow_down" /></button>
      ${reading.value && html`<${Aloud} />`}
    </div>
    ${isSelecting && html`<${Quote} />`}
    <${Announcer} />
    ${dialog.value.startsWith("again ") && html`<${AnswerWith} id=${dialog.value.slice(6)} />`}
  `
}

/** One message. It listens to itself only, so that a growing answer redraws nothing else. @param {{ id: string, isLast: boolean }} props */
function Message({ id, isLast }) {
  const { columns, editing, messageSignal } = usePage().store
  const message = messageSignal(id).value
  if (!message) return null
  const together = message.role === "assistant" && columns.value.get(id)
  if (together) return html`<${Columns} ids=${together} />`
  if (message.role === "assistant") return html`<${Answer} message=${message} editing=${editing.value === id} isLast=${isLast} />`
  return html`<${Question} message=${message} editing=${editing.value === id} isLast=${isLast} />`
}

/**
 * Whoever reads at the very top stays with the message that was first there when older ones come above it: in the middle the browser
 * sees to that itself (scroll anchoring), at the top it does not.
 * @param {HTMLElement | null} place @param {ScrollFollower | null} follower @param {number} count of messages shown
 */
function useHeldPlace(place, follower, count) {
  const first = place && follower && !follower.following && (!anchors || place.scrollTop === 0) ? place.querySelector(".message") : null
  const before = first?.getBoundingClientRect().top ?? 0
  useLayoutEffect(() => {
    if (place && first?.isConnected) place.scrollTop += first.getBoundingClientRect().top - before
  }, [count])
}

function Skeleton() {
  return html`<div class="skeleton" role="status" aria-label=${t("messages.loading")}><i></i><i></i><i></i><i></i></div>`
}

/**
 * The end of the conversation at once, its past in idle moments; down from the message one is led to, if there is one.
 * @param {string | null} conversation @param {string[]} ids @param {string} [sought]
 */
function useWindow(conversation, ids, sought) {
  const [state, setState] = useState({ conversation, count: FIRST })
  const count = state.conversation === conversation ? state.count : FIRST
  const needed = sought && ids.includes(sought) ? ids.length - ids.indexOf(sought) : 0
  // Also a conversation that one comes back to is opened at its end, however much of it was drawn before.
  useLayoutEffect(() => {
    if (state.conversation !== conversation || needed > count) setState({ conversation, count: Math.max(count, needed) })
  }, [conversation, needed])
  useEffect(() => {
    if (count >= ids.length) return
    const idle = globalThis.requestIdleCallback ?? (work => setTimeout(work, 50))
    const cancel = globalThis.cancelIdleCallback ?? clearTimeout
    const waiting = idle(() => setState({ conversation, count: count + STEP }))
    return () => cancel(waiting)
  }, [conversation, count, ids.length])
  return ids.slice(-count)
}
