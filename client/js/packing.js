/**
 * Makes a file small enough for the server before it is sent: large JSON is packed into a ZIP, and of a large ZIP only the JSON files
 * are kept (an export is mostly pictures). Small files, and whatever is not understood, are sent as they are.
 * The layout of a ZIP: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

/** Bytes; below it a file is sent as it is. */
const LARGE = 1_000_000
const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50]
/** Bytes of these records before their names. */
const [LOCAL_SIZE, CENTRAL_SIZE, END_SIZE] = [30, 46, 22]
/** A comment may stand behind the end record; it is this long at most. */
const LONGEST_COMMENT = 65_535
const UNKNOWN = 0xffffffff
const [DEFLATED, UTF8, YEAR_1980] = [8, 0x800, 0x21]
/** What gzip puts around the same data. */
const [GZIP_HEAD, GZIP_TAIL] = [10, 8]

/** @typedef {{ name: Uint8Array, method: number, crc: number, packed: number, full: number, data: BlobPart }} Entry */

/** @param {Blob} file @returns {Promise<{ body: Blob, type: string }>} */
export async function packed(file) {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  const isArchive = start[0] === 0x50 && start[1] === 0x4b
  if (isArchive) return { body: (file.size > LARGE && (await onlyJson(file))) || file, type: "application/zip" }
  const archive = file.size > LARGE && (await zipped(file))
  return archive ? { body: archive, type: "application/zip" } : { body: file, type: "application/json" }
}

/** One file as a ZIP. A gzip holds the same data and has already counted its check sum. @param {Blob} file @returns {Promise<Blob | null>} */
async function zipped(file) {
  const gzip = new Uint8Array(await new Response(file.stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer())
  if (gzip[3] !== 0) return null
  const data = gzip.subarray(GZIP_HEAD, -GZIP_TAIL)
  const tail = new DataView(gzip.buffer, gzip.length - GZIP_TAIL)
  const name = new TextEncoder().encode("chats.json")
  return archive([{ name, method: DEFLATED, crc: tail.getUint32(0, true), packed: data.length, full: file.size, data }])
}

/** The archive without what is no JSON; null when its directory is not understood. @param {Blob} file @returns {Promise<Blob | null>} */
async function onlyJson(file) {
  const tail = await view(file, Math.max(0, file.size - END_SIZE - LONGEST_COMMENT), file.size)
  let end = tail.byteLength - END_SIZE
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1
  if (end < 0) return null
  const [size, offset] = [tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)]
  if (offset === UNKNOWN || offset + size > file.size) return null
  const directory = await view(file, offset, offset + size)
  const entries = []
  for (let at = 0; at + CENTRAL_SIZE <= directory.byteLength && directory.getUint32(at, true) === CENTRAL;) {
    const [nameSize, extra, comment] = [28, 30, 32].map(place => directory.getUint16(at + place, true))
    const name = new Uint8Array(directory.buffer, at + CENTRAL_SIZE, Math.min(nameSize, directory.byteLength - at - CENTRAL_SIZE))
    if (/\.json$/i.test(new TextDecoder().decode(name))) entries.push(await entryAt(file, directory, at, name))
    at += CENTRAL_SIZE + nameSize + extra + comment
  }
  return entries.length ? archive(entries) : null
}

/** @param {Blob} file @param {DataView} directory @param {number} at @param {Uint8Array} name @returns {Promise<Entry>} */
async function entryAt(file, directory, at, name) {
  const [crc, packed, full] = [16, 20, 24].map(place => directory.getUint32(at + place, true))
  const local = directory.getUint32(at + 42, true)
  const head = await view(file, local, local + LOCAL_SIZE)
  const start = local + LOCAL_SIZE + head.getUint16(26, true) + head.getUint16(28, true)
  return { name, method: directory.getUint16(at + 10, true), crc, packed, full, data: file.slice(start, start + packed) }
}

/** @param {Blob} file @param {number} from @param {number} to */
const view = async (file, from, to) => new DataView(await file.slice(from, to).arrayBuffer())

/** @param {Entry[]} entries @returns {Blob} */
function archive(entries) {
  /** @type {BlobPart[]} */
  const body = []
  /** @type {BlobPart[]} */
  const directory = []
  let offset = 0
  let listed = 0
  for (const { name, method, crc, packed, full, data } of entries) {
    const common = [20, UTF8, method, 0, YEAR_1980, [crc], [packed], [full], name.length, 0]
    body.push(record([LOCAL], ...common), /** @type {BlobPart} */ (name), data)
    directory.push(record([CENTRAL], 20, ...common, 0, 0, 0, [0], [offset]), /** @type {BlobPart} */ (name))
    offset += LOCAL_SIZE + name.length + packed
    listed += CENTRAL_SIZE + name.length
  }
  return new Blob([...body, ...directory, record([END], 0, 0, entries.length, entries.length, [listed], [offset], 0)])
}

/** Numbers of two bytes, and of four where they stand in brackets. @param {...(number | number[])} fields @returns {ArrayBuffer} */
function record(...fields) {
  const bytes = fields.flatMap(field => (Array.isArray(field) ? [field[0], field[0] >>> 16] : [field])).map(value => value & 0xffff)
  const written = new DataView(new ArrayBuffer(bytes.length * 2))
  bytes.forEach((value, at) => written.setUint16(at * 2, value, true))
  return written.buffer
}
