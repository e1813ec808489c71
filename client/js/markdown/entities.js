/** Character references in text: the numeric ones and the names that people and models write. The rest stays as it stands. */

const NAMES = new Map(Object.entries({
  amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'", nbsp: "\u00a0", ensp: "\u2002", emsp: "\u2003", thinsp: "\u2009", shy: "\u00ad",
  copy: "©", reg: "®", trade: "™", sect: "§", para: "¶", deg: "°", micro: "µ", middot: "·", bull: "•", hellip: "…", prime: "′", Prime: "″",
  ndash: "–", mdash: "—", lsquo: "‘", rsquo: "’", sbquo: "‚", ldquo: "“", rdquo: "”", bdquo: "„", laquo: "«", raquo: "»", lsaquo: "‹", rsaquo: "›",
  larr: "←", uarr: "↑", rarr: "→", darr: "↓", harr: "↔", lArr: "⇐", rArr: "⇒", hArr: "⇔", crarr: "↵",
  times: "×", divide: "÷", plusmn: "±", minus: "−", frac12: "½", frac14: "¼", frac34: "¾", sup1: "¹", sup2: "²", sup3: "³", permil: "‰",
  ne: "≠", le: "≤", ge: "≥", asymp: "≈", equiv: "≡", infin: "∞", radic: "√", sum: "∑", prod: "∏", int: "∫", part: "∂", nabla: "∇",
  isin: "∈", notin: "∉", cap: "∩", cup: "∪", sub: "⊂", sup: "⊃", sube: "⊆", supe: "⊇", empty: "∅", forall: "∀", exist: "∃", and: "∧", or: "∨",
  not: "¬", lowast: "∗", alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", lambda: "λ", mu: "μ", pi: "π", sigma: "σ", tau: "τ", phi: "φ",
  omega: "ω", Delta: "Δ", Sigma: "Σ", Omega: "Ω", euro: "€", pound: "£", yen: "¥", cent: "¢", numero: "№", check: "✓", cross: "✗",
  star: "☆", hearts: "♥", lbrace: "{", rbrace: "}", lbrack: "[", rbrack: "]", lpar: "(", rpar: ")", vert: "|", num: "#", ast: "*", colon: ":",
  lowbar: "_", grave: "`", bsol: "\\", sol: "/", dollar: "$", percnt: "%", excl: "!", quest: "?", commat: "@", Tab: "\t", NewLine: "\n",
}))

/** @param {string} text */
export function decode(text) {
  if (!text.includes("&")) return text
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z][a-z0-9]{1,31}));/gi, (whole, hex, decimal, name) => {
    if (name) return NAMES.get(name) ?? whole
    const code = Number.parseInt(hex ?? decimal, hex ? 16 : 10)
    return code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? "\ufffd" : String.fromCodePoint(code)
  })
}
