// What the client has fetched and nobody has taken, counted in bytes. The client itself bounds records alone, and a
// thousand large ones are a gigabyte: beyond the bound its stream stands still until half of it was taken.
//
// Invariant: at most the bound is held, and what the nodes of the cluster answered last.

import { READ_AHEAD_BYTES_MAX } from './limits.ts'

/** A stream of the client, as far as it is made to wait. */
export interface Waits {
  pause(): unknown
  resume(): unknown
}

export class ReadAhead {
  readonly #bytesMax: number
  #bytes = 0
  #stream: Waits | undefined
  #isPaused = false

  constructor(bytesMax: number = READ_AHEAD_BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Called with the size of what comes, before anybody can take it. */
  readonly came = (sizeBytes: number): void => {
    this.#bytes += sizeBytes
    if (this.#bytes > this.#bytesMax && this.#stream !== undefined && !this.#isPaused) {
      this.#isPaused = true
      this.#stream.pause()
    }
  }

  /** Called with the size of what was taken. */
  took(sizeBytes: number): void {
    this.#bytes -= sizeBytes
    if (!this.#isPaused || this.#bytes > this.#bytesMax / 2) return
    this.#isPaused = false
    this.#stream?.resume()
  }

  /** From now on this is what waits. */
  hold(stream: Waits): void {
    this.#stream = stream
  }
}
