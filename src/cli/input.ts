// What commands read: files by their path, and standard input by the name `-`.

import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describeError } from '../base/index.ts'
import type { CliIo } from './io.ts'
import { EVENT_TEXT_LENGTH_MAX } from './limits.ts'
import { UsageError } from './usage-error.ts'

/** The text of a file, or of standard input for `-`. */
export async function readFileText(io: CliIo, path: string): Promise<string> {
  if (path === '-') return await readAll(io.stdin)
  const whole = resolve(io.cwd, path)
  try {
    return await readFile(whole, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read \`${whole}\`: ${describeError(error)}`)
  }
}

/** Whether `path` is standard input or a file that is there. */
export async function isReadable(io: CliIo, path: string): Promise<boolean> {
  if (path === '-') return true
  const found = await stat(resolve(io.cwd, path)).catch(() => undefined)
  return found?.isFile() === true
}

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of stdin) {
    pieces.push(piece)
    length += piece.length
    if (length > EVENT_TEXT_LENGTH_MAX) {
      throw new UsageError(`expected at most ${EVENT_TEXT_LENGTH_MAX} bytes on standard input`)
    }
  }
  return Buffer.concat(pieces).toString()
}
