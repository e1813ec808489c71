/** The tokens of colour as the browser computes them, and how well what is written can be told from what it is written on. */
import { html, useEffect, useRef, useState } from "../view.js"

const TOKENS = [
  "paper", "raised", "floating", "sunken", "pressed", "line", "line-strong", "ink", "ink-soft", "accent", "accent-deep", "accent-soft", "on-accent",
  "warn", "warn-soft", "danger", "fine",
]
/** Text, and what it stands on. */
const PAIRS = [
  ["ink", "paper"], ["ink", "raised"], ["ink", "sunken"], ["ink", "accent-soft"], ["ink-soft", "paper"], ["ink-soft", "raised"], ["ink-soft", "sunken"],
  ["ink-soft", "floating"], ["accent", "paper"], ["accent", "accent-soft"], ["on-accent", "accent"], ["on-accent", "accent-deep"], ["warn", "warn-soft"],
  ["danger", "floating"], ["fine", "paper"],
]
/** Normal text, WCAG 2.2 AA. */
const ENOUGH = 4.5

/** @typedef {Record<string, { said: string, luminance: number }>} Measured */

export function Colours() {
  const place = useRef(/** @type {HTMLElement | null} */ (null))
  const [known, know] = useState(/** @type {Measured} */ ({}))
  const accent = document.documentElement.dataset.accent
  useEffect(() => { if (place.current) know(measure(place.current)) }, [accent])
  return html`
    <div class="design__colours" ref=${place}>
      ${TOKENS.map(name => html`
        <figure class="design__colour" key=${name}>
          <i data-token=${name} style=${{ background: `var(--${name})` }}></i>
          <figcaption><b>${name}</b><small>${known[name]?.said}</small></figcaption>
        </figure>`)}
    </div>
    <div class="design__pairs">
      ${PAIRS.map(([text, ground]) => {
        const ratio = known[text] && known[ground] ? contrast(known[text].luminance, known[ground].luminance) : 0
        return html`
          <p class="design__pair" key=${text + ground} style=${{ color: `var(--${text})`, background: `var(--${ground})` }} data-contrast=${ratio.toFixed(2)}>
            ${text} / ${ground} <b>${ratio.toFixed(1)}${ratio < ENOUGH ? " !" : ""}</b>
          </p>`
      })}
    </div>
  `
}

/** @param {HTMLElement} place @returns {Measured} */
function measure(place) {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
  return Object.fromEntries([...place.querySelectorAll("[data-token]")].map(swatch => {
    const said = getComputedStyle(swatch).backgroundColor
    return [/** @type {HTMLElement} */ (swatch).dataset.token, { said: rounded(said), luminance: canvas ? luminanceOf(said, canvas) : 0 }]
  }))
}

/** @param {string} colour */
const rounded = colour => colour.replace(/\d+\.\d+/g, digits => String(Math.round(Number(digits) * 1000) / 1000))

/** Relative luminance as the screen shows it. @param {string} colour @param {CanvasRenderingContext2D} canvas */
function luminanceOf(colour, canvas) {
  canvas.fillStyle = colour
  canvas.fillRect(0, 0, 1, 1)
  const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map(value => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** @param {number} a @param {number} b */
const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
