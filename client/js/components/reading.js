/** A conversation to read and nothing else: what a shared link, a saved file and paper show. Drawn by the page's own renderer. */
import { html, useContext, useEffect, useState } from "../view.js"
import { isolated, moment, t } from "../i18n.js"
import { whenIdle } from "../idle.js"
import { Still } from "../still.js"
import { Citations } from "./citations.js"
import { Icon } from "./icon.js"
import { Markdown } from "./markdown.js"

/** @import { Message } from "../chat.js" */

/** Messages drawn at once; those further down are added while nobody waits. */
const FIRST = 20
const STEP = 40

/**
 * @typedef {Pick<Message, "role" | "text" | "reasoning" | "state" | "reason" | "citations" | "created_at"> & { by: string, edited?: boolean }} Passage
 *   one message; `by`: who answered, in words
 */
/** @typedef {{ title: string, at: number, passages: Passage[] }} Text `at`: Unix seconds */

/** @param {{ text: Text }} props */
export function Reading({ text: { title, at, passages } }) {
  const isStill = Boolean(useContext(Still))
  const [count, show] = useState(isStill ? passages.length : FIRST)
  useEffect(() => { if (count < passages.length) whenIdle(() => show(count + STEP)) }, [count])

  return html`
    <article class="reading">
      <header class="reading__head">
        <h1>${title || t("sidebar.untitled")}</h1>
        <p>${moment(at)}</p>
      </header>
      ${passages.slice(0, count).map((passage, i) => passage.role === "user"
        ? html`<${Question} key=${i} passage=${passage} />`
        : html`<${Answer} key=${i} passage=${passage} name=${`note-${i}`} />`)}
      <footer class="reading__foot">${t("share.made_with", { name: t("app.name") })}</footer>
    </article>
  `
}

/** @param {{ passage: Passage }} props */
function Question({ passage: { text } }) {
  return html`
    <section class="message message--user">
      <h2 class="visually-hidden">${t("share.question")}</h2>
      <div class="message__body">${text}</div>
    </section>
  `
}

/** @param {{ passage: Passage, name: string }} props */
function Answer({ passage, name }) {
  const { text, reasoning, citations = [], by, edited, created_at: at } = passage
  const ending = endingOf(passage)
  const about = [by, edited && t("share.edited"), at && moment(at)].filter(Boolean).map(isolated).join(" · ")
  return html`
    <section class="message message--assistant">
      <h2 class="visually-hidden">${t("messages.answer")}</h2>
      ${reasoning && html`
        <details class="reasoning">
          <summary class="reasoning__title"><${Icon} name="thought" /><span>${t("reasoning.title")}</span><${Icon} name="down" /></summary>
          <div class="reasoning__text"><${Markdown} text=${reasoning} name=${`${name}-r`} /></div>
        </details>`}
      ${text && html`<div class="message__body"><${Markdown} text=${text} citations=${citations} name=${name} /></div>`}
      <${Citations} citations=${citations} />
      ${ending && html`<p class="ending">${ending}</p>`}
      <footer class="reading__about">${about}</footer>
    </section>
  `
}

/** How it ended, where that is not as one expects. @param {Passage} passage */
function endingOf({ state, reason, text }) {
  if (state === "stopped") return t("answer.stopped")
  if (state === "failed" || state === "interrupted") return t("share.cut")
  if (reason === "length" || reason === "filter") return t(`answer.${reason}`)
  return state === "complete" && !text ? t("share.empty") : ""
}
