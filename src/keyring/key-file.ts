// The key file: one key a line, newest first, made with the first start and readable by its owner alone.
//
//   signalbox-key-1 BASE64 of 32 bytes
//
// Blank lines and lines that begin with `#` do not count. A new line on top rotates: it seals from then on, and
// the others still open what they sealed.

import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { AppError, type Random } from '../base/index.ts'
import { createKey, isSameKey, type Key } from './keyring.ts'
import { KEY_FILE_SIZE_BYTES_MAX, KEYS_MAX } from './limits.ts'

const LINE = /^signalbox-key-1 ([A-Za-z0-9+/]{43}=)$/
const KEY_BYTES = 32

/** The keys of the file, which is made with a new key when there is none. */
export function openKeyFile(path: string, random: Random): readonly Key[] {
  if (!existsSync(path)) createKeyFile(path, random)
  checkOwner(path)
  return parseKeyFile(path, readFileSync(path, 'utf8'))
}

function createKeyFile(path: string, random: Random): void {
  const key = Buffer.from(random.bytes(KEY_BYTES)).toString('base64')
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // Whole or not at all: half a key file would make every later start fail.
  const draft = `${path}.new`
  const file = openSync(draft, 'w', 0o600)
  try {
    writeSync(file, `signalbox-key-1 ${key}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  chmodSync(draft, 0o600)
  renameSync(draft, path)
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

function checkOwner(path: string): void {
  const { mode, size } = statSync(path)
  if (size > KEY_FILE_SIZE_BYTES_MAX)
    throw invalid(
      `expected the key file \`${path}\` to have at most ${KEY_FILE_SIZE_BYTES_MAX} bytes`,
    )
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw invalid(
      `expected the key file \`${path}\` to be readable by its owner alone, run \`chmod 600 ${path}\``,
    )
}

function parseKeyFile(path: string, text: string): readonly Key[] {
  const keys: Key[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const base64 = LINE.exec(trimmed)?.[1]
    if (base64 === undefined) {
      // The line is not shown: it may be a key with a slip of the pen.
      throw invalid(
        `expected line ${index + 1} of the key file \`${path}\` to be \`signalbox-key-1\` and base64 of ${KEY_BYTES} bytes`,
      )
    }
    const key = createKey(Buffer.from(base64, 'base64'))
    if (keys.some((known) => known.id === key.id && isSameKey(known, key)))
      throw invalid(`line ${index + 1} of the key file \`${path}\` repeats a key`)
    keys.push(key)
  }
  if (keys.length === 0 || keys.length > KEYS_MAX)
    throw invalid(
      `expected the key file \`${path}\` to have 1 to ${KEYS_MAX} keys, got \`${keys.length}\``,
    )
  return keys
}

function invalid(message: string): AppError {
  return new AppError('CONFIG_INVALID', message)
}
