// Reads the zip archives that functions come in: stored and deflated entries, nothing else. What an archive says of
// itself is not believed: names must stay inside, sizes are bounded before anything is unpacked, and content is
// compared with its checksum.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3)

import { crc32, inflateRawSync } from 'node:zlib'
import { AppError } from '../../../base/index.ts'
import { ZIP_ENTRIES_MAX, ZIP_UNPACKED_BYTES_MAX } from './limits.ts'

export interface ZipFile {
  /** Relative, with slashes, without `.` and `..`. */
  readonly path: string
  readonly content: Uint8Array
}

/** The files of an archive, one after the other; throws `REQUEST_INVALID` for one that cannot be trusted. */
export function* readZip(archive: Buffer): Generator<ZipFile> {
  const entries = readDirectory(archive)
  const paths = new Set<string>()
  let unpacked = 0
  for (const entry of entries) {
    unpacked += entry.size
    if (unpacked > ZIP_UNPACKED_BYTES_MAX) {
      throw refused(`expected at most ${ZIP_UNPACKED_BYTES_MAX} bytes unpacked`)
    }
    checkPath(entry.path)
    // A folder is told by its name's end; it is made when a file needs it.
    if (entry.path.endsWith('/')) continue
    if (paths.has(entry.path)) throw refused(`\`${entry.path}\` is there twice`)
    paths.add(entry.path)
    yield { path: entry.path, content: unpack(archive, entry) }
  }
}

interface Entry {
  readonly path: string
  readonly method: number
  readonly checksum: number
  readonly packedSize: number
  readonly size: number
  readonly offset: number
}

const END_SIGNATURE = 0x06054b50
const END_SIZE = 22
const COMMENT_SIZE_MAX = 0xffff
const ENTRY_SIGNATURE = 0x02014b50
const ENTRY_SIZE = 46
const LOCAL_SIGNATURE = 0x04034b50
const LOCAL_SIZE = 30
const STORED = 0
const DEFLATED = 8
const ENCRYPTED = 1
const ZIP64 = 0xffffffff
const UNIX = 3
const FILE_TYPE = 0xf000
const SYMBOLIC_LINK = 0xa000

function readDirectory(archive: Buffer): readonly Entry[] {
  const end = findEnd(archive)
  const count = archive.readUInt16LE(end + 10)
  const size = archive.readUInt32LE(end + 12)
  let at = archive.readUInt32LE(end + 16)
  if (count > ZIP_ENTRIES_MAX || count === 0xffff) {
    throw refused(`expected at most ${ZIP_ENTRIES_MAX} entries`)
  }
  if (at === ZIP64 || at + size > end) throw refused('its directory does not lie inside')
  const entries: Entry[] = []
  for (let index = 0; index < count; index += 1) {
    if (at + ENTRY_SIZE > end || archive.readUInt32LE(at) !== ENTRY_SIGNATURE) {
      throw refused('its directory is damaged')
    }
    const nameLength = archive.readUInt16LE(at + 28)
    const rest = archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
    entries.push(readEntry(archive, at, nameLength))
    at += ENTRY_SIZE + nameLength + rest
  }
  return entries
}

/** The last record there is; behind it only a comment may stand, of the length that it says. */
function findEnd(archive: Buffer): number {
  const first = Math.max(0, archive.length - END_SIZE - COMMENT_SIZE_MAX)
  for (let at = archive.length - END_SIZE; at >= first; at -= 1) {
    if (archive.readUInt32LE(at) !== END_SIGNATURE) continue
    if (at + END_SIZE + archive.readUInt16LE(at + 20) === archive.length) return at
  }
  throw refused('it has no directory')
}

function readEntry(archive: Buffer, at: number, nameLength: number): Entry {
  const path = archive.toString('utf8', at + ENTRY_SIZE, at + ENTRY_SIZE + nameLength)
  const isUnix = archive.readUInt8(at + 5) === UNIX
  const mode = archive.readUInt32LE(at + 38) >>> 16
  if (isUnix && (mode & FILE_TYPE) === SYMBOLIC_LINK) {
    throw refused(`\`${path}\` is a symbolic link`)
  }
  if ((archive.readUInt16LE(at + 8) & ENCRYPTED) !== 0) throw refused(`\`${path}\` is encrypted`)
  return {
    path,
    method: archive.readUInt16LE(at + 10),
    checksum: archive.readUInt32LE(at + 16),
    packedSize: archive.readUInt32LE(at + 20),
    size: archive.readUInt32LE(at + 24),
    offset: archive.readUInt32LE(at + 42),
  }
}

function checkPath(path: string): void {
  const parts = path.replace(/\/$/, '').split('/')
  const isInside = parts.every((part) => part !== '' && part !== '.' && part !== '..')
  // A backslash is a separator to some, a colon a drive or a stream.
  if (isInside && !/[\\:\0]/.test(path) && path.length <= PATH_LENGTH_MAX) return
  throw refused(`expected a path inside the archive, got \`${path.slice(0, 200)}\``)
}

const PATH_LENGTH_MAX = 1024

function unpack(archive: Buffer, entry: Entry): Uint8Array {
  const { path, method, size, packedSize, offset, checksum } = entry
  if (offset + LOCAL_SIZE > archive.length || archive.readUInt32LE(offset) !== LOCAL_SIGNATURE) {
    throw refused(`\`${path}\` does not lie inside`)
  }
  const start =
    offset + LOCAL_SIZE + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28)
  if (start + packedSize > archive.length) throw refused(`\`${path}\` does not lie inside`)
  const packed = archive.subarray(start, start + packedSize)
  const content = method === STORED ? packed : inflate(path, method, packed, size)
  if (content.length !== size || crc32(content) !== checksum) {
    throw refused(`\`${path}\` is not what its checksum says`)
  }
  return content
}

function inflate(path: string, method: number, packed: Buffer, size: number): Buffer {
  if (method !== DEFLATED) throw refused(`\`${path}\` is packed by method \`${method}\``)
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) })
  } catch (error) {
    throw refused(`\`${path}\` cannot be unpacked`, error)
  }
}

function refused(reason: string, cause?: unknown): AppError {
  const options = cause === undefined ? {} : { cause }
  return new AppError('REQUEST_INVALID', `the zip archive is not usable: ${reason}`, options)
}
