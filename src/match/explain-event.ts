// What an event holds under a path: its values as they were written, each with the place it was found at, or how
// far the path leads. Arrays are looked through as the matcher looks through them, and a key with dots is as
// many keys.

import { arrayItems, type Member, objectMembers, type Span } from '../event/index.ts'
import { EXPLAINED_KEYS_MAX, EXPLAINED_VALUES_MAX } from './limits.ts'

/** A scalar of the event. */
export interface EventValue {
  /** Such as `detail.items[2].sku`. */
  readonly at: string
  /** As written. */
  readonly json: string
}

export type Content =
  | { readonly kind: 'values'; readonly values: readonly EventValue[]; readonly isCut: boolean }
  /** The path leads to objects, or to arrays that are empty. */
  | { readonly kind: 'object' | 'empty-array' }
  /** The path leads no further than to `holder`, which has other keys than `missing`. */
  | {
      readonly kind: 'absent'
      readonly holder: string
      readonly missing: string
      readonly siblings: readonly string[]
    }
  /** The path leads through `holder`, which is a scalar. */
  | { readonly kind: 'blocked'; readonly holder: string; readonly json: string }

const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b

/** An event that is asked for many paths. Its bytes must be valid JSON. */
export class EventReader {
  readonly #bytes: Buffer
  readonly #members = new Map<number, readonly Member[]>()

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  read(path: string): Content {
    const walk = new Walk(path.split('.'))
    const start = this.#bytes.findIndex((byte) => byte > 0x20)
    this.#enter(walk, { span: { start, end: this.#bytes.length }, at: '', index: 0 })
    return walk.content()
  }

  #enter(walk: Walk, step: Step): void {
    if (walk.isFull) return
    const first = this.#bytes[step.span.start]
    if (first === OPEN_ARRAY) this.#enterArray(walk, step)
    else if (first === OPEN_OBJECT) this.#enterObject(walk, step)
    else walk.meetScalar(step, this.#text(step.span))
  }

  #enterArray(walk: Walk, { span, at, index }: Step): void {
    const items = arrayItems(this.#bytes, span.start)
    if (items.length === 0) walk.meet('empty-array', { at, index })
    for (const [item, inner] of items.entries()) {
      this.#enter(walk, { span: inner, at: `${at}[${item}]`, index })
    }
  }

  #enterObject(walk: Walk, { span, at, index }: Step): void {
    if (index === walk.parts.length) return walk.meet('object', { at, index })
    const members = this.#membersAt(span.start)
    walk.meetObject({ at, index }, members)
    for (const { name, value } of members) {
      const parts = name.split('.')
      if (parts.some((part, offset) => part !== walk.parts[index + offset])) continue
      const inner = at === '' ? name : `${at}.${name}`
      this.#enter(walk, { span: value, at: inner, index: index + parts.length })
    }
  }

  #membersAt(start: number): readonly Member[] {
    let members = this.#members.get(start)
    if (members === undefined) {
      members = objectMembers(this.#bytes, start)
      this.#members.set(start, members)
    }
    return members
  }

  #text({ start, end }: Span): string {
    return this.#bytes.toString('utf8', start, end)
  }
}

interface Place {
  readonly at: string
  /** How many parts of the path lead here. */
  readonly index: number
}

interface Step extends Place {
  readonly span: Span
}

/** One search: the values met, and the furthest point reached. */
class Walk {
  readonly parts: readonly string[]
  readonly #values: EventValue[] = []
  #ending: 'object' | 'empty-array' | undefined
  #furthest: { readonly index: number; readonly content: Content } | undefined

  constructor(parts: readonly string[]) {
    this.parts = parts
  }

  get isFull(): boolean {
    return this.#values.length > EXPLAINED_VALUES_MAX
  }

  meetScalar({ at, index }: Place, json: string): void {
    if (index === this.parts.length) this.#values.push({ at, json })
    else this.#reach(index, { kind: 'blocked', holder: at, json })
  }

  meet(kind: 'object' | 'empty-array', { at, index }: Place): void {
    if (index === this.parts.length) this.#ending ??= kind
    else this.meetObject({ at, index }, [])
  }

  meetObject({ at, index }: Place, members: readonly Member[]): void {
    const siblings = members.slice(0, EXPLAINED_KEYS_MAX).map(({ name }) => name)
    this.#reach(index, { kind: 'absent', holder: at, missing: this.parts[index]!, siblings })
  }

  content(): Content {
    if (this.#values.length > 0) {
      const values = this.#values.slice(0, EXPLAINED_VALUES_MAX)
      return { kind: 'values', values, isCut: this.isFull }
    }
    if (this.#ending !== undefined) return { kind: this.#ending }
    return this.#furthest!.content
  }

  #reach(index: number, content: Content): void {
    if (this.#furthest === undefined || index > this.#furthest.index) {
      this.#furthest = { index, content }
    }
  }
}
