// A secret of our own in a file, plain or sealed: made with the first start, readable by its owner alone.

import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../base/index.ts'
import type { Keyring } from './keyring.ts'
import { SECRET_FILE_SIZE_BYTES_MAX } from './limits.ts'

/** What the file says, but for the space around it; `make` says what it holds when there is none. */
export function openSecretFile(path: string, make: () => string): string {
  if (!existsSync(path)) createFile(path, make())
  const { mode, size } = statSync(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new AppError(
      'CONFIG_INVALID',
      `expected \`${path}\` to be readable by its owner alone, run \`chmod 600 ${path}\``,
    )
  const text = size > SECRET_FILE_SIZE_BYTES_MAX ? '' : readFileSync(path, 'utf8').trim()
  if (text !== '') return text
  throw new AppError(
    'CONFIG_INVALID',
    `expected \`${path}\` to have 1 to ${SECRET_FILE_SIZE_BYTES_MAX} bytes; remove it to have another made`,
  )
}

/** The same, sealed for a purpose in the file; sealed anew when another key has come to seal. */
export function openSealedFile(
  path: string,
  { keyring, purpose }: { readonly keyring: Keyring; readonly purpose: string },
  make: () => string,
): string {
  const sealed = openSecretFile(path, () => keyring.seal(make(), purpose))
  const text = keyring.open(sealed, purpose)
  if (!keyring.isCurrent(sealed)) createFile(path, keyring.seal(text, purpose))
  return text
}

/** Whole or not at all: half a secret would make every later start fail. */
function createFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o600, flush: true })
  renameSync(`${path}.new`, path)
}
