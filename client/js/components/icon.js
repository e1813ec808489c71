/** The drawings of the page, all of one pen: 24 x 24, one stroke. */
import { html } from "../view.js"

/** @type {Record<string, string>} */
const PATHS = {
  plus: "M12 5v14M5 12h14",
  search: "M11 5a6 6 0 1 0 0 12a6 6 0 1 0 0-12M20 20l-4.6-4.6",
  menu: "M4 7h16M4 12h16M4 17h10",
  sidebar: "M6 5h12a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2M9.5 5v14",
  down: "m7 10 5 5 5-5",
  left: "m14 7-5 5 5 5",
  right: "m10 7 5 5-5 5",
  forward: "M4 7l7 5-7 5zM13 7l7 5-7 5z",
  arrow_up: "M12 19V5M6 11l6-6 6 6",
  arrow_down: "M12 5v14M6 13l6 6 6-6",
  copy: "M11 9h6a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-6a2 2 0 0 1-2-2v-6a2 2 0 0 1 2-2M15 9V7a2 2 0 0 0-2-2H7a2 2 0 0 0-2 2v6a2 2 0 0 0 2 2h2",
  check: "m5 12.5 4.5 4.5L19 7.5",
  again: "M19 12a7 7 0 1 1-2.1-5M19 4v4h-4",
  pin: "M9 4h6l-.6 6 3.1 3.2V15H6.5v-1.8L9.6 10zM12 15v5",
  archive: "M4.5 5h15v4h-15zM6 9v8.5A1.5 1.5 0 0 0 7.5 19h9a1.5 1.5 0 0 0 1.5-1.5V9M10 12.5h4",
  folder: "M5.5 6h4l2 2.5h7A1.5 1.5 0 0 1 20 10v7.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5v-10A1.5 1.5 0 0 1 5.5 6",
  ghost: "M5.5 19.5V11a6.5 6.5 0 0 1 13 0v8.5l-2.2-1.7-2.1 1.7-2.2-1.7-2.2 1.7-2.1-1.7zM9.7 10.8h.01M14.3 10.8h.01",
  tag: "M5 5h6.5l7.6 7.6a1.6 1.6 0 0 1 0 2.2l-4.3 4.3a1.6 1.6 0 0 1-2.2 0L5 11.5zM8.7 8.7h.01",
  share: "M12 15V4M8 8l4-4 4 4M7.5 11H6a1.5 1.5 0 0 0-1.5 1.5V18A1.5 1.5 0 0 0 6 19.5h12a1.5 1.5 0 0 0 1.5-1.5v-5.5A1.5 1.5 0 0 0 18 11h-1.5",
  download: "M12 4v11M7.5 11l4.5 4.5L16.5 11M5 19.5h14",
  wrap: "M4 6h16M4 12h13a3 3 0 0 1 0 6h-4M15.5 15.5 13 18l2.5 2.5M4 18h5",
  eye: "M2.8 12C5 8.3 8.3 6.5 12 6.5S19 8.3 21.2 12C19 15.7 15.7 17.5 12 17.5S5 15.7 2.8 12M12 9.3a2.7 2.7 0 1 0 0 5.4a2.7 2.7 0 1 0 0-5.4",
  pencil: "m5 19 .8-3.8L16 5a1.8 1.8 0 0 1 2.6 0l.4.4a1.8 1.8 0 0 1 0 2.6L8.8 18.2zM14 7l3 3",
  trash: "M5 7h14M10 11v6M14 11v6M7 7l.8 11a2 2 0 0 0 2 1.9h4.4a2 2 0 0 0 2-1.9L17 7M9.5 7V5a1 1 0 0 1 1-1h3a1 1 0 0 1 1 1v2",
  more: "M5.6 12h.8M11.6 12h.8M17.6 12h.8M6 11.6v.8M12 11.6v.8M18 11.6v.8",
  close: "M6 6l12 12M18 6 6 18",
  settings: "M4 8h9M17 8h3M4 16h3M11 16h9M15 6a2 2 0 1 0 0 4a2 2 0 1 0 0-4M9 14a2 2 0 1 0 0 4a2 2 0 1 0 0-4",
  slash: "M15 5 9 19",
  sliders: "M7 4v5M7 15v5M17 4v3M17 13v7M7 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6M17 7a3 3 0 1 0 0 6a3 3 0 1 0 0-6",
  help: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M9.8 9.6a2.3 2.3 0 1 1 3.4 2c-.8.5-1.2 1-1.2 1.8M12 16.4h.01",
  globe: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M4 12h16M12 4c2.5 2.3 3.5 5 3.5 8s-1 5.7-3.5 8c-2.5-2.3-3.5-5-3.5-8s1-5.7 3.5-8z",
  warning: "M12 5 3.8 19h16.4zM12 10.5v4M12 16.8h.01",
  offline: "M4 9.5a12 12 0 0 1 4-2.4M20 9.5a12 12 0 0 0-8-3M7.5 13a7 7 0 0 1 3-1.6M16.5 13l-1-.8M12 17h.01M5 4l14 16",
  thought: "M9 17.5h6M10 20h4M12 4a5.5 5.5 0 0 0-3.4 9.8c.6.5.9 1.1.9 1.8h5c0-.7.3-1.3.9-1.8A5.5 5.5 0 0 0 12 4z",
  computer: "M5.5 5h13a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 14.5v-8A1.5 1.5 0 0 1 5.5 5M9 20h6M12 16v4",
  cloud: "M7.5 18a4 4 0 0 1-.5-8 5.5 5.5 0 0 1 10.6 1.2A3.5 3.5 0 0 1 17 18z",
  key: "M9 10.5a4 4 0 1 0 0 7a4 4 0 1 0 0-7M12 12.5 19 5.5M16 8.5l2.5 2.5",
  person: "M12 5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7M5.5 19.5c.6-3 3.2-4.8 6.5-4.8s5.9 1.8 6.5 4.8",
  // The icons of roles.
  chat: "M6.5 5h11A2.5 2.5 0 0 1 20 7.5v6a2.5 2.5 0 0 1-2.5 2.5H11l-4.5 4v-4A2.5 2.5 0 0 1 4 13.5v-6A2.5 2.5 0 0 1 6.5 5z",
  circle: "M12 5.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13",
  microphone: "M12 4a2.5 2.5 0 0 0-2.5 2.5v5a2.5 2.5 0 0 0 5 0v-5A2.5 2.5 0 0 0 12 4M6.5 11.5a5.5 5.5 0 0 0 11 0M12 17v3",
  image: "M6.5 5h11A1.5 1.5 0 0 1 19 6.5v11a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 17.5v-11A1.5 1.5 0 0 1 6.5 5M5.5 17l4-4.5 3 3 2.5-2.5 3.5 3.5M14.5 9h.01",
  code: "m8.5 8-4 4 4 4M15.5 8l4 4-4 4M13.5 6l-3 12",
  palette: "M12 4a8 8 0 1 0 0 16c1.3 0 1.8-.9 1.5-1.9-.4-1.3.4-2.3 1.7-2.3H17a3 3 0 0 0 3-3C20 7.7 16.4 4 12 4M8.5 10.5h.01M12 8h.01M15.5 10.5h.01",
  book: "M12 7c-1.8-1.3-4.3-1.8-7-1.5v12c2.7-.3 5.2.2 7 1.5 1.8-1.3 4.3-1.8 7-1.5v-12C16.3 5.2 13.8 5.7 12 7zM12 7v12",
  languages: "M4.5 7h8M8.5 5v2M6 7c.7 3 2.6 5 5.5 6M11 7c-.6 2.8-2.6 5-5.5 6.5M12.5 19l3.5-8 3.5 8M13.7 16.5h4.6",
  graduation: "m12 6-9 4 9 4 9-4zM7 12v4c1.5 1.3 3.2 2 5 2s3.5-.7 5-2v-4",
  article: "M7.5 4.5h9A1.5 1.5 0 0 1 18 6v12a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 18V6a1.5 1.5 0 0 1 1.5-1.5M9 8.5h6M9 12h6M9 15.5h3.5",
  clock: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M12 8v4.2l2.8 1.8",
}

/** Those that point along the line; they turn round where one reads from right to left. */
const FORWARD = new Set(["left", "right", "forward", "menu", "sidebar", "article", "languages"])

/** @param {{ name: string }} props */
export function Icon({ name }) {
  return html`<svg class=${FORWARD.has(name) ? "icon icon--forward" : "icon"} viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`
}

/** Drawings that only some part of the page needs come with it. @param {Record<string, string>} more */
export const addIcons = more => void Object.assign(PATHS, more)

/** What can be drawn at present. */
export const iconNames = () => Object.keys(PATHS)

/** Whether there is a drawing of that name. @param {string} name */
export const isIcon = name => Object.hasOwn(PATHS, name)

/** The mark of the product: an answer that is being written. */
export function Mark() {
  return html`
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path class="mark__bubble" d="M9 4h14a6 6 0 0 1 6 6v8a6 6 0 0 1-6 6h-8.5l-6 5.2a.9.9 0 0 1-1.5-.7V24A6 6 0 0 1 3 18v-8a6 6 0 0 1 6-6z" />
      <path class="mark__line" d="M9.5 11h8M9.5 17h5" />
      <path class="mark__caret" d="M20 14.2v5.6" />
    </svg>
  `
}
