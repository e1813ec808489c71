/** Which models are asked the same question side by side. Pure. */

/** @typedef {{ model: string, provider: string }} Rival */

/** Columns that still can be read. */
export const MOST = 4

/** @param {Rival[]} rivals @param {Rival} wanted */
export const isAmong = (rivals, { model, provider }) => rivals.some(rival => rival.model === model && rival.provider === provider)

/** With it, or without it if it was among them; one too many changes nothing. @param {Rival[]} rivals @param {Rival} wanted @returns {Rival[]} */
export function toggled(rivals, { model, provider }) {
  if (isAmong(rivals, { model, provider })) return rivals.filter(rival => rival.model !== model || rival.provider !== provider)
  return rivals.length < MOST ? [...rivals, { model, provider }] : rivals
}
