// One scalar of an event as conditions look at it. There is one such view, moved from leaf to leaf; what conditions
// ask of it (its number, address, folded text) is made when first asked and kept, because several ask the same.

import { parseIp } from './ip.ts'
import { comparableNumber, NumberReading } from './number.ts'
import {
  ESCAPED,
  LEAF_ELEMENT,
  LEAF_END,
  LEAF_KIND,
  LEAF_START,
  LEAF_WORDS,
  NULL,
  NUMBER,
  STRING,
  TRUE,
  type Scan,
  type ScannedField,
} from './scan.ts'
import { unescapeBytes } from './text.ts'

export class Leaf {
  isString = false
  isNumber = false
  /** The bytes of a string without its escapes, or of another value as written. */
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  /** The array element it lies in, by its number in the event's elements; -1 outside every array. */
  element = -1
  /** Numbers the leaves, downwards, so that it is like no event's number. */
  serial = 0
  #kind = STRING
  readonly #reading = new NumberReading()
  #isReadable: boolean | undefined
  #number: number | null | undefined
  #isComparable: boolean | undefined
  #unescaped: Uint8Array = new Uint8Array(64)
  #ip: string | null | undefined

  /** Moves to a leaf of the scanned event, by its number. */
  moveTo(scan: Scan<ScannedField>, index: number): void {
    const { bytes, leaves } = scan
    const at = index * LEAF_WORDS
    const kind = leaves[at + LEAF_KIND]!
    this.serial -= 1
    this.#kind = kind
    this.isString = kind <= ESCAPED
    this.isNumber = kind === NUMBER
    this.bytes = bytes
    this.start = leaves[at + LEAF_START]!
    this.end = leaves[at + LEAF_END]!
    this.element = leaves[at + LEAF_ELEMENT]!
    if (kind === NUMBER) {
      const { numbers } = scan
      // What the scan left alone may still be read.
      const isTaken = numbers !== undefined && this.#reading.take({ leaves, numbers }, index)
      this.#isReadable = isTaken ? true : undefined
      this.#number = undefined
      this.#isComparable = undefined
    }
    this.#ip = undefined
    if (kind !== ESCAPED) return
    if (this.#unescaped.length < this.end - this.start) {
      this.#unescaped = new Uint8Array((this.end - this.start) * 2)
    }
    const length = unescapeBytes(bytes, this.start, this.end, this.#unescaped)
    this.bytes = this.#unescaped
    this.start = 0
    this.end = length
  }

  /** The bytes, one a character. */
  get text(): string {
    const { bytes, start, end } = this
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  }

  /** Of what is neither string nor number. */
  get literal(): 'true' | 'false' | 'null' {
    return this.#kind === TRUE ? 'true' : this.#kind === NULL ? 'null' : 'false'
  }

  /** A number and how far it may lie from the true one, without making sure that it compares; undefined: ask `number`. */
  get reading(): NumberReading | undefined {
    this.#isReadable ??= this.#reading.read(this.bytes, this.start, this.end)
    return this.#isReadable ? this.#reading : undefined
  }

  /** The value of a number that a double holds exactly. */
  get number(): number | undefined {
    if (!this.isNumber) return undefined
    if (this.#number === undefined) {
      const { reading } = this
      const isKnown = reading !== undefined && reading.tolerance === 0
      this.#number = isKnown ? reading.value : (comparableNumber(this.text) ?? null)
    }
    return this.#number ?? undefined
  }

  /** Whether a double holds the number exactly. */
  get isComparable(): boolean {
    this.#isComparable ??= this.reading?.isExact() ?? this.number !== undefined
    return this.#isComparable
  }

  /** The bytes of the address that a string writes. */
  get ip(): string | undefined {
    if (!this.isString) return undefined
    if (this.#ip === undefined) this.#ip = parseIp(this.text) ?? null
    return this.#ip ?? undefined
  }
}
