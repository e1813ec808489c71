/** What the page does to a large file before it is sent. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { crc32, inflateRawSync } from "node:zlib"
import { packed } from "../../client/js/packing.js"

const words = Array.from({ length: 200_000 }, (_, at) => `слово${(at * 7919) % 10_007}`)
const large = JSON.stringify(words)

/** The files of an archive by name, each checked against its directory. @param {Blob} archive */
async function filesOf(archive) {
  const bytes = Buffer.from(await archive.arrayBuffer())
  const end = bytes.length - 22
  assert.equal(bytes.readUInt32LE(end), 0x06054b50)
  const files = {}
  for (let at = bytes.readUInt32LE(end + 16); at < end;) {
    assert.equal(bytes.readUInt32LE(at), 0x02014b50)
    const [method, crc, size, full, nameSize, local] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 20),
      bytes.readUInt32LE(at + 24), bytes.readUInt16LE(at + 28), bytes.readUInt32LE(at + 42)]
    const name = bytes.subarray(at + 46, at + 46 + nameSize).toString()
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const data = bytes.subarray(start, start + size)
    const content = method === 8 ? inflateRawSync(data) : data
    assert.equal(content.length, full)
    if (typeof crc32 === "function") assert.equal(crc32(content), crc)
    files[name] = content.toString()
    at += 46 + nameSize
  }
  assert.equal(Object.keys(files).length, bytes.readUInt16LE(end + 10))
  return files
}

test("a small file is sent as it is", async () => {
  const file = new Blob(["{}"])
  assert.deepEqual(await packed(file), { body: file, type: "application/json" })
})

test("large JSON is packed, and unpacks to itself", async () => {
  const { body, type } = await packed(new Blob([large]))
  assert.equal(type, "application/zip")
  assert.ok(body.size < large.length / 3)
  assert.deepEqual(await filesOf(body), { "chats.json": large })
})

test("of a large archive only the JSON is sent", async () => {
  const inner = (await packed(new Blob([large]))).body
  const [json, picture] = [Buffer.from(await inner.arrayBuffer()), new Uint8Array(2_000_000)]
  // The same archive with a picture in front of it: every place in it moves.
  const name = Buffer.from("picture.png")
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50)
  head.writeUInt16LE(name.length, 26)
  const before = head.length + name.length + picture.length
  const end = json.length - 22
  const place = json.readUInt32LE(end + 16)
  const listed = Buffer.alloc(46)
  listed.writeUInt32LE(0x02014b50)
  listed.writeUInt32LE(picture.length, 20)
  listed.writeUInt32LE(picture.length, 24)
  listed.writeUInt16LE(name.length, 28)
  const entry = Buffer.from(json.subarray(place, end))
  entry.writeUInt32LE(before, 42)
  const tail = Buffer.from(json.subarray(end))
  tail.writeUInt16LE(2, 8)
  tail.writeUInt16LE(2, 10)
  tail.writeUInt32LE(listed.length + name.length + entry.length, 12)
  tail.writeUInt32LE(before + place, 16)
  const whole = new Blob([head, name, picture, json.subarray(0, place), listed, name, entry, tail, "comment"])
  const { body, type } = await packed(whole)
  assert.equal(type, "application/zip")
  assert.ok(body.size < 1_000_000)
  assert.deepEqual(await filesOf(body), { "chats.json": large })
})

test("a large archive that is not understood is sent as it is", async () => {
  for (const tail of ["", "PK\u0005\u0006", "x".repeat(100)]) {
    const file = new Blob(["PK\u0003\u0004", "x".repeat(1_100_000), tail])
    assert.equal((await packed(file)).body, file)
  }
})
