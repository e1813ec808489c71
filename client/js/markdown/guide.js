/** The guide's own links: between documents, and to headings. The same rules as in g4f/guide/documents.py. Pure. */

/** The id of a heading, as code hosts make it. @param {string} heading */
export const anchor = heading => heading.trim().toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, "").replaceAll(" ", "-")

/**
 * Links between documents work in their folder; on the page they lead from the application's root.
 * @param {string} text
 * @param {string} language the folder's name
 */
export const linked = (text, language) =>
  text.replace(/\]\(([\w-]+\.md)(#[^)\s]+)?\)/g, (_, name, part = "") => `](help/${language}/${name}${part})`)
