// The classes of one field's values: the record by which the kernel tells them, and what each comes to.

import { Branch, type Rule } from './branch.ts'
import {
  type ClassTables,
  RECORD_WORDS,
  type ShortText,
  TEXT_SLOTS_MIN,
  TEXT_CLASS,
  TEXT_LENGTH,
  TEXT_MARK,
  TEXT_WORDS,
} from './class-tables.ts'
import type { Condition } from './condition.ts'
import type { Field, Outcome } from './field.ts'
import { isOnDemand } from './field-indexes.ts'
import type { Leaf } from './leaf.ts'
import { CLASSES_MAX, LISTED_TEXTS_MAX, NUMBER_BOUNDS_MAX, UNINDEXED_TESTS_MAX } from './limits.ts'
import { comparableNumber } from './number.ts'
import type { Probe } from './probe.ts'
import { ReusedList } from './reused-list.ts'
import {
  LEAF_END,
  LEAF_START,
  LEAF_TEXT,
  LEAF_TEXT_HASH,
  LEAF_WORDS,
  SHORT_TEXT_MAX,
} from './scan.ts'
import { buildAutomaton } from './text-automaton.ts'

/** What the kernel notes instead of a class: that the field is left alone, and where there is a place for the class. */
export const NEVER = -2
const UNLISTED = -8
const PLACE = -16
const ROW = -1_048_576

/** Words of a field's record in the image. */
const RECORD_HOW = 1
const RECORD_TEXTS = 4
const RECORD_TEXT_MASK = 5
const RECORD_OTHER_TEXTS = 6
const RECORD_BOUNDS = 7
const RECORD_BOUND_COUNT = 8
const RECORD_NUMBERS = 9
const RECORD_LITERALS = 11
const RECORD_CREDIT = 14
const RECORD_AUTOMATON = 15
const LITERALS = 3
const IS_LEFT_ALONE = 1
const IS_LISTED = 2
const AUTOMATON_HEADER_WORDS = 4
/** What texts that the table does not know may cost, before it rests; as in the kernel. */
const CREDIT_MAX = 512

interface Class extends Outcome {
  readonly satisfied: readonly Probe[]
}

const learnt = new ReusedList<Probe>()

export class FieldClasses {
  readonly #field: Field
  /** What no index finds. */
  readonly #unindexed: readonly Probe[]
  readonly #tables: ClassTables
  /** The first word of its record. */
  readonly #record: number
  readonly #classes: Class[] = []

  constructor(field: Field, probes: readonly Probe[], tables: ClassTables, index: number) {
    this.#field = field
    this.#unindexed = probes.filter(
      ({ condition, isIndexed }) => isOnDemand(condition) && !isIndexed,
    )
    this.#tables = tables
    this.#record = tables.recordAt(index)
    field.classes = this.#classes
    const { words } = tables
    words.fill(0, this.#record, this.#record + RECORD_WORDS)
    words.fill(-1, this.#record + RECORD_LITERALS, this.#record + RECORD_LITERALS + LITERALS)
    words[this.#record + RECORD_OTHER_TEXTS] = -1
    words[this.#record + RECORD_CREDIT] = CREDIT_MAX
    if (this.#unindexed.length > UNINDEXED_TESTS_MAX) this.#leaveAlone()
    const conditions = probes.flatMap(({ condition }) => partsOf(condition))
    this.#placeNumbers(conditions)
    if (this.#listTexts(conditions)) words[this.#record + RECORD_HOW]! |= IS_LISTED
    else {
      this.#placeAutomaton(conditions)
      this.#placeTable(tables.textSlots)
    }
  }

  /** The class of a value that the kernel does not know; -1 when there are too many. */
  learn(leaf: Leaf, code: number, leaves: Int32Array, index: number): number {
    this.#field.learn(leaf, this.#unindexed, learnt)
    const found = this.#classOf(learnt)
    if (found < 0) this.#leaveAlone()
    else if (code === UNLISTED) this.#keepText(leaves, index * LEAF_WORDS, found)
    else if (code <= ROW) this.#keepAtRow(ROW - code, found)
    else if (code <= PLACE) this.#keepAt(leaf, PLACE - code, found)
    return found
  }

  #leaveAlone(): void {
    this.#tables.words[this.#record + RECORD_HOW]! |= IS_LEFT_ALONE
  }

  #classOf({ items, count }: ReusedList<Probe>): number {
    let length = 0
    for (let index = 0; index < count; index += 1) {
      const probe = items[index]!
      // What only others refuse has done what it is there for.
      if (probe.uses <= (probe.refusers?.length ?? 0)) continue
      items[length] = probe
      length += 1
    }
    for (let number = 0; number < this.#classes.length; number += 1) {
      if (areSame(this.#classes[number]!.satisfied, items, length)) return number
    }
    if (this.#classes.length === CLASSES_MAX) return -1
    return this.#classes.push(classFrom(items.slice(0, length))) - 1
  }

  #keepAt(leaf: Leaf, place: number, found: number): void {
    const { words } = this.#tables
    if (leaf.isNumber)
      words[this.#tables.wordOf(words[this.#record + RECORD_NUMBERS]!) + place] = found
    else if (!leaf.isString) words[this.#record + RECORD_LITERALS + place] = found
    else {
      const table = this.#tables.wordOf(words[this.#record + RECORD_TEXTS]!)
      words[table + place * TEXT_WORDS + TEXT_CLASS] = found
    }
  }

  #keepAtRow(row: number, found: number): void {
    const { words, halves } = this.#tables
    const automaton = this.#tables.wordOf(words[this.#record + RECORD_AUTOMATON]!)
    halves[this.#tables.wordOf(words[automaton + 1]!) * 2 + row + words[automaton]!] = found
  }

  #keepText(leaves: Int32Array, at: number, found: number): void {
    const { words } = this.#tables
    if ((words[this.#record + RECORD_HOW]! & IS_LISTED) !== 0) {
      words[this.#record + RECORD_OTHER_TEXTS] = found
      return
    }
    const text = leaves.subarray(at + LEAF_TEXT, at + LEAF_TEXT_HASH)
    const length = leaves[at + LEAF_END]! - leaves[at + LEAF_START]!
    this.#addText({ text, length, hash: leaves[at + LEAF_TEXT_HASH]! }, found)
  }

  #placeTable(slots: number): boolean {
    const offset = this.#tables.take(slots * TEXT_WORDS)
    if (offset === undefined) return false
    const { words } = this.#tables
    words[this.#record + RECORD_TEXTS] = offset
    words[this.#record + RECORD_TEXT_MASK] = slots - 1
    return true
  }

  /** Of the two places that a text may have, the first if that is free; whether one was. */
  #addText({ text, length, hash }: ShortText, found: number): boolean {
    const { words, mark } = this.#tables
    const table = this.#tables.wordOf(words[this.#record + RECORD_TEXTS]!)
    const slot = hash & words[this.#record + RECORD_TEXT_MASK]!
    const isFree = words[table + slot * TEXT_WORDS + TEXT_MARK] !== mark
    const at = table + (isFree ? slot : slot ^ 1) * TEXT_WORDS
    const wasFree = words[at + TEXT_MARK] !== mark
    words.set(text, at)
    words[at + TEXT_LENGTH] = length
    words[at + TEXT_MARK] = mark
    words[at + TEXT_CLASS] = found
    return wasFree
  }

  /** Makes a table of all texts that conditions tell from others, if they tell no more than that. */
  #listTexts(conditions: readonly Condition[]): boolean {
    const texts = new Set<string>()
    for (const condition of conditions) {
      if (condition.kind !== 'string' && isOfTexts(condition)) return false
      if (condition.kind === 'string' && condition.text.length <= SHORT_TEXT_MAX) {
        texts.add(condition.text)
      }
    }
    if (texts.size > LISTED_TEXTS_MAX) return false
    const short = [...texts].map((text) => this.#tables.shortText(text))
    for (let slots = TEXT_SLOTS_MIN; slots <= LISTED_TEXTS_MAX * 8; slots *= 2) {
      if (slots < texts.size * 2 || !this.#canHold(short, slots)) continue
      return this.#placeTable(slots) && short.every((text) => this.#addText(text, -1))
    }
    return false
  }

  #placeAutomaton(conditions: readonly Condition[]): void {
    const automaton = buildAutomaton(conditions.filter(isOfTexts))
    if (automaton === undefined) return
    const { words, bytes, halves } = this.#tables
    const { width, symbols, rows } = automaton
    const offset = this.#tables.take(AUTOMATON_HEADER_WORDS + symbols.length / 4)
    const rowsOffset = this.#tables.take(rows.length / 2)
    if (offset === undefined || rowsOffset === undefined) return
    const word = this.#tables.wordOf(offset)
    words[word] = width
    words[word + 1] = rowsOffset
    bytes.set(symbols, (word + AUTOMATON_HEADER_WORDS) * 4)
    halves.set(rows, this.#tables.wordOf(rowsOffset) * 2)
    words[this.#record + RECORD_AUTOMATON] = offset
  }

  #canHold(texts: readonly ShortText[], slots: number): boolean {
    const pairs = new Uint8Array(slots / 2)
    return texts.every(({ hash }) => {
      const pair = (hash & (slots - 1)) >> 1
      pairs[pair]! += 1
      return pairs[pair]! <= 2
    })
  }

  #placeNumbers(conditions: readonly Condition[]): void {
    const { words, doubles } = this.#tables
    const bounds = boundsOf(conditions)
    const room =
      bounds === undefined
        ? undefined
        : this.#tables.take(bounds.length * 2 + bounds.length * 2 + 2)
    words[this.#record + RECORD_BOUND_COUNT] = -1
    if (bounds === undefined || room === undefined) return
    const classes = room + bounds.length * 8
    doubles.set(bounds, this.#tables.wordOf(room) / 2)
    const word = this.#tables.wordOf(classes)
    words.fill(-1, word, word + bounds.length * 2 + 2)
    words[this.#record + RECORD_BOUNDS] = room
    words[this.#record + RECORD_BOUND_COUNT] = bounds.length
    words[this.#record + RECORD_NUMBERS] = classes
  }
}

function areSame(left: readonly Probe[], right: readonly Probe[], count: number): boolean {
  if (left.length !== count) return false
  for (let index = 0; index < count; index += 1) if (left[index] !== right[index]) return false
  return true
}

function classFrom(satisfied: readonly Probe[]): Class {
  const rules: Rule<unknown>[] = []
  const probes: Probe[] = []
  for (const probe of satisfied) {
    const { waiting, uses } = probe
    const isSole = waiting instanceof Branch && waiting.second === undefined && uses === 1
    if (isSole) rules.push(waiting.rule)
    else probes.push(probe)
  }
  return { satisfied, rules, probes }
}

/** The condition, or what it refuses. */
function partsOf(condition: Condition): readonly Condition[] {
  return condition.kind === 'but' ? condition.refused.flatMap(partsOf) : [condition]
}

/** Whether it looks at texts otherwise than as a whole. */
function isOfTexts({ kind }: Condition): boolean {
  return (
    kind !== 'number' &&
    kind !== 'range' &&
    kind !== 'literal' &&
    kind !== 'exists' &&
    kind !== 'absent'
  )
}

/** The numbers that conditions tell from others, ascending; undefined when they are too many or no doubles. */
function boundsOf(conditions: readonly Condition[]): readonly number[] | undefined {
  const bounds = new Set<number>()
  for (const condition of conditions) {
    if (condition.kind === 'range') {
      if (Number.isFinite(condition.low)) bounds.add(condition.low)
      if (Number.isFinite(condition.high)) bounds.add(condition.high)
    } else if (condition.kind === 'number') {
      const value = comparableNumber(condition.text)
      if (value === undefined) return undefined
      bounds.add(value)
    }
    if (bounds.size > NUMBER_BOUNDS_MAX) return undefined
  }
  return [...bounds].sort((left, right) => left - right)
}
