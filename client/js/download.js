/** How a file comes to the disk: the browser saves it. */

/** Time for the browser to read what it saves, milliseconds. */
const READ = 60_000

/** What an address leads to. @param {string} address @param {string} [name] "": as the server calls it */
export function saveAddress(address, name = "") {
  Object.assign(document.createElement("a"), { href: address, download: name }).click()
}

/** @param {string} name @param {Blob} file */
export function saveFile(name, file) {
  const address = URL.createObjectURL(file)
  saveAddress(address, name)
  setTimeout(() => URL.revokeObjectURL(address), READ)
}

/** @param {string} name @param {string} text @param {string} [type] */
export const saveText = (name, text, type = "text/plain") => saveFile(name, new Blob([text], { type: `${type};charset=utf-8` }))
