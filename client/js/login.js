/** The page before the page: one password, then in. */
import { html, render, useState } from "./view.js"
import { ApiError, logIn, root, session } from "./api.js"
import { loadRest, startLanguage, t } from "./i18n.js"
import { preferences, startPreferences } from "./preferences.js"
import { wayBack } from "./way-back.js"
import { Icon, Mark } from "./components/icon.js"

/** @import { Trouble } from "./store.js" */

function Login() {
  const [trouble, show] = useState(/** @type {Trouble | null} */ (null))
  const [isAsking, ask] = useState(false)

  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  const submit = async event => {
    event.preventDefault()
    const field = /** @type {HTMLInputElement} */ (event.currentTarget.elements.namedItem("password"))
    ask(true)
    try {
      await logIn(field.value)
      enter()
    } catch (error) {
      show(error instanceof ApiError ? error : { code: "internal", values: {} })
      ask(false)
      field.select()
    }
  }

  return html`
    <main class="login">
      <form class="login__sheet" onSubmit=${submit}>
        <${Mark} />
        <h1>${t("login.title")}</h1>
        <p class="login__text">${t("login.text")}</p>
        <label class="login__label" for="password">${t("login.password")}</label>
        <input class="login__field" id="password" name="password" type="password" autocomplete="current-password" required autofocus
          aria-invalid=${trouble !== null} aria-describedby="trouble" />
        <p class="login__trouble" id="trouble" role="alert">${trouble && html`<${Icon} name="warning" />${t(`errors.${trouble.code}`, trouble.values)}`}</p>
        <button type="submit" class="button button--main" disabled=${isAsking}>${t("login.enter")}</button>
      </form>
    </main>
  `
}

const enter = () => location.replace(wayBack(location.search, root))

startPreferences()
// Who followed a link from another site is signed in, but the browser did not say so (SameSite=Strict).
void session().then(({ signed_in: isIn }) => { if (isIn) enter() }, () => {})
await Promise.all([startLanguage(preferences.value.language), loadRest()])
document.title = `${t("login.title")} — ${t("app.name")}`
render(html`<${Login} />`, /** @type {HTMLElement} */ (document.getElementById("app")))
