/** The first page: a greeting, what was found, a few questions to begin with; and how to get a model when there is none. */
import { html } from "../view.js"
import { list, t } from "../i18n.js"
import { usePage } from "../page.js"
import { Icon, Mark } from "./icon.js"

/** Answers where there is no model yet; it knows this product only. */
export const GUIDE = "Guide"
const EXAMPLES = ["explain", "write", "code", "plan"]
const FIRST_STEPS = ["ollama", "key", "local"]

export function Greeting() {
  const page = usePage()
  const { state } = page.store.catalogue.value
  const isExpected = state === "loading" && page.store.expected === "guided"
  const isGuided = isExpected || (state === "ready" && page.actions.shownChoice().provider === GUIDE)
  return html`
    <section class="greeting">
      <div class="greeting__head">
        <${Mark} />
        <h1>${t(isGuided ? "greeting.guided_title" : "greeting.title")}</h1>
        <p class=${`greeting__found greeting__found--${isGuided ? "guide" : state}`}>${state === "loading" && !isExpected ? t("models.asking") : foundSentence(page)}</p>
      </div>
      ${isGuided ? html`<${FirstSteps} />` : html`<${Examples} />`}
    </section>
  `
}

function Examples() {
  const { send } = usePage().actions
  return html`
    <ul class="examples">
      ${EXAMPLES.map(name => html`
        <li key=${name}>
          <button type="button" class="example" onClick=${() => send(t(`examples.${name}_text`))}>
            <b>${t(`examples.${name}_title`)}</b><span>${t(`examples.${name}_text`)}</span>
          </button>
        </li>`)}
    </ul>
  `
}

function FirstSteps() {
  const { send } = usePage().actions
  return html`
    <p class="greeting__text">${t("greeting.guided_text")}</p>
    <ul class="examples examples--steps">
      ${FIRST_STEPS.map(name => html`
        <li key=${name}>
          <button type="button" class="example" onClick=${() => send(t(`steps.${name}_text`))}>
            <b><${Icon} name=${{ ollama: "computer", key: "key", local: "cloud" }[name]} />${t(`steps.${name}_title`)}</b><span>${t(`steps.${name}_text`)}</span>
          </button>
        </li>`)}
    </ul>
  `
}

/** What answers, said in one sentence. @param {import("../page.js").Page} page @returns {string} */
export function foundSentence({ store, actions: { providerTitle } }) {
  const { providers, models, found, state } = store.catalogue.value
  if (state === "failed") return t("models.failed")
  if (found.length) {
    const places = found.map(id => {
      const count = providers.find(known => known.id === id)?.models ?? 0
      return t(count ? "models.found_one" : "models.found_empty", { provider: providerTitle(id), count })
    })
    return t("models.found", { list: list(places) })
  }
  const others = models.filter(({ provider }) => provider !== GUIDE).length
  return others ? t("models.available", { count: others }) : t("models.only_guide")
}
