// Headers as bytes. What a producer writes has the same names again and again, and mostly the same values under them.

import { HEADER_NAMES_KNOWN_MAX } from './limits.ts'

interface Known {
  readonly bytes: Buffer
  value: string
  valueBytes: Buffer
}

const NOTHING = Buffer.alloc(0)

export class HeaderTexts {
  readonly #known = new Map<string, Known>()
  #last: Known = { bytes: NOTHING, value: '', valueBytes: NOTHING }

  nameOf(name: string): Buffer {
    let known = this.#known.get(name)
    if (known === undefined) {
      if (this.#known.size >= HEADER_NAMES_KNOWN_MAX) this.#known.clear()
      known = { bytes: Buffer.from(name), value: '', valueBytes: NOTHING }
      this.#known.set(name, known)
    }
    this.#last = known
    return known.bytes
  }

  /** Cheapest right after the name that it stands under. */
  valueOf(value: string): Buffer {
    const known = this.#last
    if (known.value !== value) {
      known.value = value
      known.valueBytes = Buffer.from(value)
    }
    return known.valueBytes
  }
}
