// What a function prints, as lines for the log: cut at line ends, and at a maximum where there are none.

import type { Readable } from 'node:stream'
import { OUTPUT_LINE_LENGTH_MAX } from './limits.ts'

/** Calls `write` with each line of `stream`, and with the rest when it ends. */
export function forwardLines(stream: Readable, write: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) writePieces(line, write)
    if (rest.length <= OUTPUT_LINE_LENGTH_MAX) return
    writePieces(rest, write)
    rest = ''
  })
  stream.on('end', () => writePieces(rest, write))
  // The other end is a process that was killed; its exit is what counts.
  stream.on('error', () => {})
}

function writePieces(line: string, write: (line: string) => void): void {
  for (let start = 0; start < line.length; start += OUTPUT_LINE_LENGTH_MAX) {
    write(line.slice(start, start + OUTPUT_LINE_LENGTH_MAX))
  }
}
