// A zip archive of a few texts, in memory. Times are fixed, so that the same files are the same bytes.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3

import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipFile {
  readonly path: string
  readonly text: string
}

// 1980-01-01 00:00, the first moment that the format knows.
const DATE = 0x0021
const VERSION = 20
const UTF8_NAMES = 0x0800
const DEFLATE = 8

export function zipFiles(files: readonly ZipFile[]): Buffer {
  const entries: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { path, text } of files) {
    const name = Buffer.from(path)
    const content = Buffer.from(text)
    const packed = deflateRawSync(content)
    const about = describe(name, content, packed)
    const entry = Buffer.concat([localHeader(about), name, packed])
    const central = Buffer.concat([centralHeader(about, offset), name])
    entries.push(entry)
    directory.push(central)
    offset += entry.length
  }
  const listed = Buffer.concat(directory)
  return Buffer.concat([...entries, listed, endOf(files.length, listed.length, offset)])
}

/** The fields that both headers have, from the flags on. */
function describe(name: Buffer, content: Buffer, packed: Buffer): Buffer {
  const fields = Buffer.alloc(24)
  fields.writeUInt16LE(UTF8_NAMES, 0)
  fields.writeUInt16LE(DEFLATE, 2)
  fields.writeUInt16LE(0, 4)
  fields.writeUInt16LE(DATE, 6)
  fields.writeUInt32LE(crc32(content), 8)
  fields.writeUInt32LE(packed.length, 12)
  fields.writeUInt32LE(content.length, 16)
  fields.writeUInt16LE(name.length, 20)
  return fields
}

function localHeader(fields: Buffer): Buffer {
  return Buffer.concat([head(0x04034b50, 1), fields])
}

function centralHeader(fields: Buffer, offset: number): Buffer {
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(offset, 10)
  return Buffer.concat([head(0x02014b50, 2), fields, rest])
}

/** A signature, and the version that made it, or that is needed to read it, or both. */
function head(signature: number, versions: 1 | 2): Buffer {
  const bytes = Buffer.alloc(4 + 2 * versions)
  bytes.writeUInt32LE(signature, 0)
  bytes.writeUInt16LE(VERSION, 4)
  if (versions === 2) bytes.writeUInt16LE(VERSION, 6)
  return bytes
}

function endOf(count: number, sizeBytes: number, offset: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(sizeBytes, 12)
  end.writeUInt32LE(offset, 16)
  return end
}
