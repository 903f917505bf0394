// The matcher's public interface: patterns compiled into one machine per bus, matched over JSON bytes.
//
// Matchers look immutable and share one machine that changes in place: the newest holds it, every other
// holds how it differs from the next. Using an older one walks those differences back and so moves the
// machine to it. A change costs what its rule costs, however many rules there are; and as older ones point
// to newer ones and not the other way round, nothing is kept for matchers that nobody holds.

import { Machine, type Rule } from './machine.ts'
import type { Pattern } from './pattern.ts'
import type { Names } from './scan.ts'

/** Many patterns as one machine. Immutable: `with` and `without` answer a new one and leave this as it is. */
export interface Matcher<Key> {
  readonly size: number
  /** With the pattern joined under `key`, last in order; the one that had the key before is gone. */
  with(key: Key, pattern: Pattern): Matcher<Key>
  without(key: Key): Matcher<Key>
  /**
   * The keys of all patterns that the JSON object in `event` matches, in order of joining.
   * `event` must be valid JSON in UTF-8, as ingress checked it; what malformed bytes match is not defined,
   * but they never crash or hang it.
   */
  match(event: Uint8Array, options?: MatchOptions): readonly Key[]
}

export interface MatchOptions {
  /** What is known of the names in the event: the more, the earlier reading may stop. Nothing when absent. */
  readonly names?: Names
}

/**
 * A matcher without patterns.
 *
 * @example
 * const matcher = createMatcher<string>()
 *   .with('orders', parsePattern('{"source":["shop"]}'))
 *   .with('large', parsePattern('{"detail":{"total":[{"numeric":[">",100]}]}}'))
 * matcher.match(Buffer.from('{"source":"shop","detail":{"total":7}}')) // ['orders']
 */
export function createMatcher<Key>(): Matcher<Key> {
  return new SharedMatcher<Key>(0, { kind: 'owner', machine: new Machine() })
}

/**
 * Whether the JSON object in `event` matches one pattern.
 *
 * @example
 * matchesPattern(parsePattern('{"a":[1]}'), Buffer.from('{"a":1.0}')) // true
 */
export function matchesPattern(pattern: Pattern, event: Uint8Array): boolean {
  let machine = machines.get(pattern)
  if (machine === undefined) {
    machine = new Machine()
    machine.create('', pattern)
    machines.set(pattern, machine)
  }
  return machine.match(event, 'any').length > 0
}

const machines = new WeakMap<Pattern, Machine<string>>()

interface Change<Key> {
  readonly removed: Rule<Key> | undefined
  readonly added: Rule<Key> | undefined
}

type State<Key> =
  | { readonly kind: 'owner'; readonly machine: Machine<Key> }
  /** The machine belongs to a later matcher; `change` leads from `next` back to this one. */
  | { readonly kind: 'differs'; readonly next: SharedMatcher<Key>; readonly change: Change<Key> }

class SharedMatcher<Key> implements Matcher<Key> {
  readonly size: number
  #state: State<Key>

  constructor(size: number, state: State<Key>) {
    this.size = size
    this.#state = state
  }

  with(key: Key, pattern: Pattern): Matcher<Key> {
    const machine = this.#own()
    const removed = machine.get(key)
    const size = removed === undefined ? this.size + 1 : this.size
    machine.remove(key)
    return this.#change(machine, size, { removed, added: machine.create(key, pattern) })
  }

  without(key: Key): Matcher<Key> {
    const machine = this.#own()
    const removed = machine.get(key)
    if (removed === undefined) return this
    machine.remove(key)
    return this.#change(machine, this.size - 1, { removed, added: undefined })
  }

  match(event: Uint8Array, options: MatchOptions = {}): readonly Key[] {
    return this.#own().match(event, options.names ?? 'any')
  }

  /** The next matcher, which takes the machine with the change made. */
  #change(machine: Machine<Key>, size: number, change: Change<Key>): SharedMatcher<Key> {
    const next = new SharedMatcher(size, { kind: 'owner', machine })
    this.#state = { kind: 'differs', next, change: invert(change) }
    return next
  }

  /** The machine, moved to this matcher if another has it. */
  #own(): Machine<Key> {
    if (this.#state.kind === 'owner') return this.#state.machine
    // From here to the owner, then back, each taking the machine from the next.
    const path: SharedMatcher<Key>[] = [this]
    let next = this.#state.next
    while (next.#state.kind === 'differs') {
      path.push(next)
      next = next.#state.next
    }
    const { machine } = next.#state
    for (const matcher of path.toReversed()) matcher.#take(machine)
    return machine
  }

  #take(machine: Machine<Key>): void {
    if (this.#state.kind === 'owner') return
    const { next, change } = this.#state
    apply(machine, change)
    next.#state = { kind: 'differs', next: this, change: invert(change) }
    this.#state = { kind: 'owner', machine }
  }
}

function apply<Key>(machine: Machine<Key>, change: Change<Key>): void {
  if (change.removed !== undefined) machine.remove(change.removed.key)
  if (change.added !== undefined) machine.restore(change.added)
}

function invert<Key>(change: Change<Key>): Change<Key> {
  return { removed: change.added, added: change.removed }
}
