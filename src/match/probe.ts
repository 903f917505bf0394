// One condition on one field, as all branches share it that ask for it: whether the present event satisfies it is
// found once, by an index of the field or by trying its leaves. There are as many as distinct conditions, so what few
// of them have lies apart.

import { compileTest, type Condition, type Test } from './condition.ts'
import type { Field } from './field.ts'
import type { Waiting } from './waiting.ts'

interface Rare {
  /** How many want it found: branches that wait at it, and conditions that refuse what it accepts. */
  listeners: number
  /** Conditions of the field that refuse what this one accepts. */
  refusers: Probe[] | undefined
  /** What this one refuses, while it is listened to. */
  refused: readonly Probe[]
  /** The leaf it last refused, by its number. */
  refusedIn: number
  /** The event or leaf that it was last tried on, by its number. */
  triedIn: number
  readonly test: Test
}

export class Probe {
  // What a look-up asks for comes first, to lie in one line of the cache.
  /** The event it was last hit in, by its run, and the array element of the first leaf that did. */
  hitIn = 0
  element = -1
  /** What tables know it by; empty where no table does. */
  readonly text: string
  /** Who is to be verified when it is hit. */
  waiting: Waiting | undefined
  #rare: Rare | undefined
  /** Whether an index finds it, so that its hits are known once the field's leaves were looked up. */
  isIndexed = false
  readonly field: Field
  readonly kind: Condition['kind']
  /** None where kind and text say it all, as of most. */
  readonly #condition: Condition | undefined
  /** Branches that ask for it; it leaves the field's indexes with the last. */
  uses = 0

  constructor(field: Field, condition: Condition) {
    const { kind } = condition
    this.field = field
    this.kind = kind
    this.text = 'text' in condition ? condition.text : ''
    this.#condition = isPlainText(condition) ? undefined : condition
  }

  get condition(): Condition {
    return this.#condition ?? ({ kind: this.kind, text: this.text } as PlainText)
  }

  get isExact(): boolean {
    const { kind } = this
    return kind === 'string' || kind === 'number' || kind === 'ip' || kind === 'literal'
  }

  get refusers(): readonly Probe[] | undefined {
    return this.#rare?.refusers
  }

  get rare(): Rare {
    this.#rare ??= {
      listeners: 0,
      refusers: undefined,
      refused: [],
      refusedIn: 0,
      triedIn: 0,
      test: compileTest(this.condition),
    }
    return this.#rare
  }

  /** Whether finding it again in the event `run` would change nothing. */
  isSettled(run: number): boolean {
    return this.hitIn === run && this.refusers === undefined
  }
}

type PlainText = Extract<Condition, { readonly kind: 'string' | 'prefix' }>

function isPlainText(condition: Condition): condition is PlainText {
  const { kind } = condition
  return kind === 'string' || kind === 'prefix' || kind === 'suffix'
}
