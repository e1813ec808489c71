/** Arrows move among the links of the sidebar, and from the first one back to the search field. */

/** @param {KeyboardEvent & { currentTarget: HTMLElement }} event */
export function moveAmongLinks(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
  const links = /** @type {HTMLElement[]} */ ([...event.currentTarget.querySelectorAll(".link")])
  const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement))
  if (at < 0) return
  event.preventDefault()
  const next = at + (event.key === "ArrowDown" ? 1 : -1)
  if (next < 0) document.getElementById("search")?.focus()
  else links[next]?.focus()
}
