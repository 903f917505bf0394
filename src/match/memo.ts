// What the short texts of one field came to lately, so that a value that comes again (a state, a type, a place) is
// looked up once instead of in index after index. It says nothing that the indexes would not, and forgets all when they
// change. A field whose values hardly ever come again is left alone, save for a try now and then.

import { Branch, type Rule } from './branch.ts'
import { MEMO_PROBES_MAX, MEMO_SLOTS_MAX } from './limits.ts'
import type { Probe } from './probe.ts'
import {
  LEAF_END,
  LEAF_KIND,
  LEAF_START,
  LEAF_TEXT,
  LEAF_TEXT_HASH,
  LEAF_WORDS,
  SHORT_TEXT_MAX,
  STRING,
} from './scan.ts'

const SLOTS_MIN = 32
/** Words of a slot: one more than the length of the text, 0 for none; then the text. */
const SLOT_WORDS = 5
/** A text that is known gains one, one that is not costs some: less than seven known out of eight is too few. */
const MISS_COST = 7
const CREDIT_MAX = 512
/** How many leaves are not looked at once knowing texts did not pay. */
const REST = 8192

/** What one text comes to. */
export interface Outcome {
  /** The rules that it alone satisfies, by conditions that nothing else asks for. */
  readonly rules: readonly Rule<unknown>[]
  /** What else it hits. */
  readonly probes: readonly Probe[]
}

const NOTHING: Outcome = { rules: [], probes: [] }

export class Memo {
  #words: Int32Array = new Int32Array(SLOTS_MIN * SLOT_WORDS)
  #outcomes: Outcome[] = nothing(SLOTS_MIN)
  #mask = SLOTS_MIN - 1
  #credit = CREDIT_MAX
  #rest = 0
  #isEmpty = true

  /** Whether the leaf is a text that may be known; to be asked once for each leaf. */
  wants(leaves: Int32Array, leaf: number): boolean {
    if (this.#rest > 0) {
      this.#rest -= 1
      return false
    }
    const at = leaf * LEAF_WORDS
    return (
      leaves[at + LEAF_KIND] === STRING &&
      leaves[at + LEAF_END]! - leaves[at + LEAF_START]! <= SHORT_TEXT_MAX
    )
  }

  /** What the text comes to, if that is known. */
  find(leaves: Int32Array, leaf: number): Outcome | undefined {
    const at = leaf * LEAF_WORDS
    const slot = leaves[at + LEAF_TEXT_HASH]! & this.#mask
    const there = this.#isAt(slot, leaves, at) ? slot : slot ^ 1
    if (there === slot || this.#isAt(there, leaves, at)) {
      if (this.#credit < CREDIT_MAX) this.#credit += 1
      return this.#outcomes[there]
    }
    this.#credit -= MISS_COST
    if (this.#credit < 0) this.#giveUp()
    return undefined
  }

  /** Keeps what follows from the probes that the text hit. */
  add(leaves: Int32Array, leaf: number, probes: readonly Probe[]): void {
    if (probes.length > MEMO_PROBES_MAX) return
    const at = leaf * LEAF_WORDS
    const words = this.#words
    const slot = leaves[at + LEAF_TEXT_HASH]! & this.#mask
    // Of the two places that it may have, the first if that is free.
    const there = words[slot * SLOT_WORDS] === 0 ? slot : slot ^ 1
    let word = there * SLOT_WORDS
    words[word] = leaves[at + LEAF_END]! - leaves[at + LEAF_START]! + 1
    for (let each = LEAF_TEXT; each < LEAF_TEXT_HASH; each += 1) {
      word += 1
      words[word] = leaves[at + each]!
    }
    this.#outcomes[there] = outcomeOf(probes)
    this.#isEmpty = false
  }

  /** Forgets all. */
  clear(): void {
    if (!this.#isEmpty) this.#empty(this.#mask + 1)
  }

  #isAt(slot: number, leaves: Int32Array, at: number): boolean {
    const words = this.#words
    const there = slot * SLOT_WORDS
    return (
      words[there + 1] === leaves[at + LEAF_TEXT] &&
      words[there] === leaves[at + LEAF_END]! - leaves[at + LEAF_START]! + 1 &&
      words[there + 2] === leaves[at + LEAF_TEXT + 1] &&
      words[there + 3] === leaves[at + LEAF_TEXT + 2] &&
      words[there + 4] === leaves[at + LEAF_TEXT + 3]
    )
  }

  #giveUp(): void {
    const slots = this.#mask + 1
    this.#credit = CREDIT_MAX
    if (slots < MEMO_SLOTS_MAX) this.#empty(slots * 4)
    else this.#rest = REST
  }

  #empty(slots: number): void {
    this.#mask = slots - 1
    this.#words = new Int32Array(slots * SLOT_WORDS)
    this.#outcomes = nothing(slots)
    this.#isEmpty = true
  }
}

function nothing(slots: number): Outcome[] {
  return Array.from({ length: slots }, () => NOTHING)
}

function outcomeOf(hit: readonly Probe[]): Outcome {
  const rules: Rule<unknown>[] = []
  const probes: Probe[] = []
  for (const probe of hit) {
    const { waiting, uses, refusers = [] } = probe
    const isSole = waiting instanceof Branch && waiting.second === undefined && uses === 1
    if (isSole) rules.push(waiting.rule)
    // What only others refuse has done what it is there for.
    else if (waiting !== undefined || uses > refusers.length) probes.push(probe)
  }
  return { rules, probes }
}
