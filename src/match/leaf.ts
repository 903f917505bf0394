// One scalar of an event that some pattern may look at. What conditions ask of it (its text, number, key
// or address) is made when first asked and kept, because several conditions ask the same.

import { parseIp } from './ip.ts'
import { comparableNumber } from './number.ts'
import { unescapeText } from './text.ts'

export type LeafKind = 'string' | 'number' | 'true' | 'false' | 'null'

/** The key of a string: UTF-8, one byte a character, as all texts here. */
export function stringKey(text: string): string {
  return `s${text}`
}

/** The key of a number as written: by value where a double is exactly it, else by its text. */
export function numberKey(text: string): string {
  const value = comparableNumber(text)
  return value === undefined ? `t${text}` : `d${value}`
}

/** The key of an address, which a string that writes one has beside its own. */
export function ipKey(address: string): string {
  return `i${address}`
}

export class Leaf {
  readonly kind: LeafKind
  /** The array element it lies in, by its number in the event's elements; -1 outside every array. */
  readonly element: number
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number
  #text: string | undefined
  #key: string | undefined
  #ip: string | null | undefined
  #number: number | null | undefined

  /** A string's range lies between its quotes. */
  constructor(kind: LeafKind, element: number, bytes: Buffer, start: number, end: number) {
    this.kind = kind
    this.element = element
    this.#bytes = bytes
    this.#start = start
    this.#end = end
  }

  /** A string without its escapes, or another value as written; UTF-8, one byte a character. */
  get text(): string {
    if (this.#text === undefined) {
      const raw = this.#bytes.toString('latin1', this.#start, this.#end)
      this.#text = this.kind === 'string' && raw.includes('\\') ? unescapeText(raw) : raw
    }
    return this.#text
  }

  /** What equal values have in common and different ones have not. */
  get key(): string {
    this.#key ??= this.#makeKey()
    return this.#key
  }

  /** The value of a number that a double holds exactly. */
  get number(): number | undefined {
    if (this.kind !== 'number') return undefined
    if (this.#number === undefined) this.#number = comparableNumber(this.text) ?? null
    return this.#number ?? undefined
  }

  /** The bytes of the address that a string writes. */
  get ip(): string | undefined {
    if (this.kind !== 'string') return undefined
    if (this.#ip === undefined) this.#ip = parseIp(this.text) ?? null
    return this.#ip ?? undefined
  }

  #makeKey(): string {
    if (this.kind === 'string') return stringKey(this.text)
    return this.kind === 'number' ? numberKey(this.text) : this.kind
  }
}
