// The part of the kernel's memory behind an image, where classes are told by: given away piece by piece.

import { kernelMemory, RECORD_BYTES, type Image } from './fast-scan.ts'
import type { Field } from './field.ts'
import { KNOWN_TEXTS_MAX } from './limits.ts'

/** Words of a field's record in the image. */
export const RECORD_WORDS: number = RECORD_BYTES / 4

/** Words of a text in a table: its bytes, how many, the mark of the image, its class. */
export const TEXT_WORDS = 8
export const TEXT_LENGTH = 4
export const TEXT_MARK = 5
export const TEXT_CLASS = 6

export const TEXT_SLOTS_MIN = 32
/** The share of the room that texts of all fields may take. */
const TEXTS_SHARE = 0.75

/** A text of up to sixteen bytes as the kernel notes it. */
export interface ShortText {
  readonly text: Int32Array
  readonly length: number
  readonly hash: number
}

export class ClassTables {
  readonly words: Int32Array = kernelMemory.words
  readonly bytes: Uint8Array = kernelMemory.bytes
  readonly halves: Int16Array = kernelMemory.halves
  readonly doubles: Float64Array = kernelMemory.doubles
  readonly mark: number
  /** Of the table of each field whose texts are not listed. */
  readonly textSlots: number
  readonly #image: Image<Field>
  #next: number

  constructor(image: Image<Field>) {
    this.#image = image
    this.mark = image.mark
    this.#next = kernelMemory.tablesOffset
    const room = (kernelMemory.partBytes - kernelMemory.tablesOffset) * TEXTS_SHARE
    const slots = room / (image.fields.length * TEXT_WORDS * 4)
    this.textSlots = clamp(2 ** Math.floor(Math.log2(slots)), TEXT_SLOTS_MIN, KNOWN_TEXTS_MAX)
  }

  /** Where so many words lie from now on, in bytes from the image's beginning; undefined when there is no room. */
  take(words: number): number | undefined {
    const start = this.#next
    // Doubles and texts are aligned.
    const end = Math.ceil((start + words * 4) / 16) * 16
    if (end > kernelMemory.partBytes) return undefined
    this.#next = end
    return start
  }

  recordAt(index: number): number {
    return this.wordOf(this.#image.recordsOffset) + index * RECORD_WORDS
  }

  wordOf(offset: number): number {
    return (this.#image.part + offset) / 4
  }

  shortText(text: string): ShortText {
    return kernelMemory.noteShort(Buffer.from(text, 'latin1'))
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
