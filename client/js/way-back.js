/** Where a person who has just logged in was going. Only our own pages are believed: anything else would be an open redirect. */

/** What may stand after the root: the first page, a conversation, the guide. */
const PAGES = /^(?:$|chat(?:\/|$)|help\/)/

/** @param {string} search of the login page @param {URL} root @returns {URL} */
export function wayBack(search, root) {
  const wanted = new URLSearchParams(search).get("next") ?? ""
  const target = URL.canParse(wanted, root) ? new URL(wanted, root) : root
  const isOurs = target.origin === root.origin && target.pathname.startsWith(root.pathname) && PAGES.test(target.pathname.slice(root.pathname.length))
  return isOurs ? new URL(target.pathname + target.search, root.origin) : root
}
