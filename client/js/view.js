/**
 * The one door to Preact, htm and signals. When one of them renames a file or goes away, this file changes and no other.
 */
import { Component, Fragment, createContext, h, render } from "preact"
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import { batch, computed, effect, signal, untracked } from "@preact/signals"
import htm from "htm"

export { Component, Fragment, batch, computed, createContext, effect, render, signal, untracked }
export { useContext, useEffect, useLayoutEffect, useRef, useState }

/** Templates: html`<p class="x">${text}</p>`. Values are text or components, never markup. */
export const html = htm.bind(h)

/** @typedef {import("preact").ComponentChildren} Children */
/**
 * @template T
 * @typedef {import("@preact/signals").Signal<T>} Signal
 */
/**
 * @template T
 * @typedef {import("@preact/signals").ReadonlySignal<T>} ReadonlySignal
 */

/** After a file that could not be fetched, milliseconds. */
const AGAIN = 2_000

/** Style sheets that are here or on their way. @type {Map<string, Promise<void>>} */
const styles = new Map()
// The server's page names several in one: css/base+app.css is both of them.
for (const { href } of /** @type {HTMLLinkElement[]} */ ([...globalThis.document?.querySelectorAll?.('link[rel="stylesheet"]') ?? []])) {
  for (const name of href.replace(/.*\/|\.css$/g, "").split("+")) styles.set(name, Promise.resolve())
}

/**
 * Add a style sheet of client/css to the page, once.
 * @param {string} name the file without its ending
 */
export function loadStyle(name) {
  let loading = styles.get(name)
  if (loading) return loading
  loading = new Promise((resolve, reject) => {
    const link = document.createElement("link")
    link.rel = "stylesheet"
    link.href = new URL(`../css/${name}.css`, import.meta.url).href
    link.onload = () => resolve()
    link.onerror = () => {
      styles.delete(name)
      link.remove()
      reject(new Error(`style sheet ${name} did not load`))
    }
    document.head.append(link)
  })
  styles.set(name, loading)
  return loading
}

/** What every lazy component waits for besides its own files: i18n.js puts the rest of the sentences here. @type {(() => Promise<void>)[]} */
export const awaited = []

/**
 * A component whose file and style sheets are fetched when it is first drawn, or earlier by `warm()`.
 * The first page stays small, and nothing is drawn without its style and its words.
 * @template {object} P
 * @param {() => Promise<import("preact").ComponentType<P>>} load
 * @param {string[]} sheets
 */
export function lazy(load, sheets = []) {
  /** @type {Signal<{ component: import("preact").ComponentType<P> } | null>} */
  const loaded = signal(null)
  /** @type {Promise<void> | null} */
  let loading = null
  let wanted = false

  const warm = () => {
    loading ??= Promise.all([load(), ...sheets.map(loadStyle), ...awaited.map(wait => wait())]).then(
      ([component]) => { loaded.value = { component } },
      () => {
        loading = null
        setTimeout(() => { if (wanted) void warm() }, AGAIN)
      },
    )
    return loading
  }

  /** @param {P} props */
  const Lazy = props => {
    if (loaded.value) return h(loaded.value.component, props)
    wanted = true
    void warm()
    return null
  }
  return Object.assign(Lazy, { warm })
}
