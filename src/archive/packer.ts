// The events of one read, one behind the other in one memory, which is handed over to who asked.

import { ReplayEncoder } from '../event/index.ts'
import type { ArchivedEvent } from './block.ts'
import { PACKED_SIZE_BYTES_MIN } from './limits.ts'
import type { ReplayOrder } from './shelf.ts'

export class Packer {
  readonly #encoder: ReplayEncoder | undefined
  #nth: number
  #bytes: Buffer<ArrayBuffer> = Buffer.from(new ArrayBuffer(PACKED_SIZE_BYTES_MIN))
  #length = 0
  readonly #ends: number[] = []
  #lastTime: number | undefined

  constructor(replay: ReplayOrder | undefined) {
    this.#encoder = replay === undefined ? undefined : new ReplayEncoder(replay.name, replay.target)
    this.#nth = replay?.nth ?? 0
  }

  get count(): number {
    return this.#ends.length
  }

  get sizeBytes(): number {
    return this.#length
  }

  add({ record, time }: ArchivedEvent): void {
    this.#grow(this.#length + (this.#encoder?.sizeMax(record) ?? record.length))
    if (this.#encoder === undefined) {
      this.#bytes.set(record, this.#length)
      this.#length += record.length
    } else {
      this.#length = this.#encoder.write(record, this.#nth, this.#bytes, this.#length)
      this.#nth += 1
    }
    this.#ends.push(this.#length)
    this.#lastTime = time
  }

  /** The packer is done with. */
  finish(): {
    readonly bytes: Uint8Array<ArrayBuffer>
    readonly ends: Uint32Array<ArrayBuffer>
    readonly lastTime: number | undefined
  } {
    const bytes = new Uint8Array(this.#bytes.buffer, 0, this.#length)
    return { bytes, ends: Uint32Array.from(this.#ends), lastTime: this.#lastTime }
  }

  #grow(length: number): void {
    if (length <= this.#bytes.length) return
    const size = 2 ** Math.ceil(Math.log2(length))
    this.#bytes = Buffer.from(this.#bytes.buffer.transfer(size))
  }
}
