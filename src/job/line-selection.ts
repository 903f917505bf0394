// Which lines of what a container said are shown, and how.

import type { PodLogQuery } from '../objects/index.ts'

const SPACE = 0x20
const LINE_FEED = 0x0a
const NEW_LINE = Buffer.from('\n')

type Wish = Pick<PodLogQuery, 'timestamps' | 'tailLines' | 'sinceMs' | 'limitBytes'>

export class LineSelection {
  readonly #wish: Wish
  #bytesLeft: number
  /** The last piece shown was not the end of its line. */
  #isWithin = false

  constructor(wish: Wish) {
    this.#wish = wish
    this.#bytesLeft = wish.limitBytes ?? Infinity
  }

  /** As many bytes as were asked for have been shown. */
  get isFull(): boolean {
    return this.#bytesLeft <= 0
  }

  /** Of stored lines, those to be shown, each whole with its end. */
  take(stored: Buffer): readonly Buffer[] {
    const shown: Buffer[] = []
    for (let at = 0; at < stored.length;) {
      const end = stored.indexOf(LINE_FEED, at)
      const line = this.#show(stored.subarray(at, end))
      if (line !== undefined) shown.push(line)
      at = end + 1
    }
    return shown
  }

  /** The last of them, as many as were asked for. */
  tail(lines: readonly Buffer[]): readonly Buffer[] {
    const { tailLines } = this.#wish
    if (tailLines === undefined) return lines
    return tailLines === 0 ? [] : lines.slice(-tailLines)
  }

  /** As far as the bytes go. */
  cut(lines: readonly Buffer[]): Buffer {
    const bytes = Buffer.concat(lines)
    const part = bytes.subarray(0, Math.min(bytes.length, this.#bytesLeft))
    this.#bytesLeft -= part.length
    return part
  }

  #show(line: Buffer): Buffer | undefined {
    const afterTime = line.indexOf(SPACE)
    const afterStream = line.indexOf(SPACE, afterTime + 1)
    const time = line.toString('latin1', 0, afterTime)
    const { sinceMs, timestamps } = this.#wish
    if (sinceMs !== undefined && Date.parse(time) < sinceMs) return undefined
    const isWhole = line[afterStream + 1] === 0x46
    const text = line.subarray(afterStream + 3)
    const head = timestamps && !this.#isWithin ? [Buffer.from(`${time} `)] : []
    this.#isWithin = !isWhole
    return Buffer.concat([...head, text, ...(isWhole ? [NEW_LINE] : [])])
  }
}
