// Array consistency: fields inside arrays must be satisfied within one and the same element of each array.
// A choice picks one element of every array it enters; this decides whether some choice satisfies all
// fields. Elements are worked off from the innermost out, each answering which sets of fields can be
// satisfied inside it; a set that nothing outside its array completes is dropped at once, which leaves at
// most one set per array in any ordinary event.

import { ARRAY_CHOICES_MAX } from './limits.ts'

/** Words of an element: the array it belongs to, the element that array lies in, how many lie around it. */
export const ELEMENT_WORDS = 3
export const ELEMENT_ARRAY = 0
export const ELEMENT_PARENT = 1
export const ELEMENT_DEPTH = 2

/** The elements (objects and arrays) of an event's arrays, numbered as they come in the event; -1 is none. */
export interface Elements {
  readonly elements: Int32Array
}

/** Whether two elements (-1 for none) can be chosen together: they differ in no array. */
export function areConsistent(elements: Elements, left: number, right: number): boolean {
  let [one, other] = [left, right]
  while (one >= 0 && other >= 0) {
    if (one === other) return true
    const difference = depthOf(elements, one) - depthOf(elements, other)
    if (difference === 0 && arrayOf(elements, one) === arrayOf(elements, other)) return false
    const above = difference >= 0 ? parentOf(elements, one) : one
    if (difference <= 0) other = parentOf(elements, other)
    one = above
  }
  return true
}

function arrayOf({ elements }: Elements, element: number): number {
  return elements[element * ELEMENT_WORDS + ELEMENT_ARRAY]!
}

function parentOf({ elements }: Elements, element: number): number {
  return elements[element * ELEMENT_WORDS + ELEMENT_PARENT]!
}

function depthOf({ elements }: Elements, element: number): number {
  return elements[element * ELEMENT_WORDS + ELEMENT_DEPTH]!
}

/** How sets of fields are held: as the bits of a small integer or, where there are too many fields, of a large one. */
interface FieldSets<FieldSet> {
  readonly none: FieldSet
  readonly only: (field: number) => FieldSet
  readonly union: (left: FieldSet, right: FieldSet) => FieldSet
}

/** Integers that the engine keeps without a box have this many bits to spare. */
const SMALL_SET_MAX = 30

const SMALL_SETS: FieldSets<number> = {
  none: 0,
  only: (field) => 1 << field,
  union: (left, right) => left | right,
}

const LARGE_SETS: FieldSets<bigint> = {
  none: 0n,
  only: (field) => 1n << BigInt(field),
  union: (left, right) => left | right,
}

/** Whether one candidate of each field (candidates are elements) can be chosen so that all are consistent. */
export function hasConsistentChoice(
  elements: Elements,
  candidates: readonly (readonly number[])[],
): boolean {
  if (candidates.length > SMALL_SET_MAX) {
    return new Choices(elements, candidates, LARGE_SETS).isThereOne()
  }
  const inOneArray = hasCommonElement(elements, candidates)
  return inOneArray ?? new Choices(elements, candidates, SMALL_SETS).isThereOne()
}

/** What is asked most: all candidates are elements of one array, so that one has to be everybody's. Undefined if not. */
function hasCommonElement(
  elements: Elements,
  candidates: readonly (readonly number[])[],
): boolean | undefined {
  const first = candidates[0]?.[0] ?? -1
  if (first < 0) return undefined
  const array = arrayOf(elements, first)
  let [lowest, highest] = [first, first]
  for (const ofField of candidates) {
    for (const element of ofField) {
      if (element < 0 || arrayOf(elements, element) !== array) return undefined
      if (element < lowest) lowest = element
      else if (element > highest) highest = element
    }
  }
  const full = 2 ** candidates.length - 1
  const fields = new Int32Array(highest - lowest + 1)
  for (const [field, ofField] of candidates.entries()) {
    for (const element of ofField) {
      fields[element - lowest]! |= 1 << field
      if (fields[element - lowest] === full) return true
    }
  }
  return false
}

/** What can be satisfied inside one array that holds candidates. */
interface ArrayOptions<FieldSet> {
  readonly array: number
  readonly options: Set<FieldSet>
  /** The lowest and highest number of its elements, and theirs, that hold candidates. */
  first: number
  last: number
  /** Another array in the same element. */
  readonly next: ArrayOptions<FieldSet> | undefined
}

class Choices<FieldSet> {
  readonly #elements: Elements
  readonly #sets: FieldSets<FieldSet>
  readonly #full: FieldSet
  /** By element: the fields it is a candidate of. */
  readonly #held: FieldSet[]
  /** Which elements hold candidates, themselves or further in. */
  readonly #isHolder: Uint8Array
  /** By element: the fields with candidates before it, and those with candidates at or behind it. */
  readonly #before: FieldSet[]
  readonly #behind: FieldSet[]
  /** By element, -1 at the front: its arrays that hold candidates. */
  readonly #arraysIn: (ArrayOptions<FieldSet> | undefined)[]

  constructor(
    elements: Elements,
    candidates: readonly (readonly number[])[],
    sets: FieldSets<FieldSet>,
  ) {
    const { none, only, union } = sets
    let count = 0
    for (const ofField of candidates) {
      for (const element of ofField) if (element >= count) count = element + 1
    }
    this.#elements = elements
    this.#sets = sets
    this.#held = Array<FieldSet>(count).fill(none)
    this.#isHolder = new Uint8Array(count)
    this.#arraysIn = Array<undefined>(count + 1).fill(undefined)
    let full = none
    for (const [index, ofField] of candidates.entries()) {
      const field = only(index)
      full = union(full, field)
      for (const element of ofField) this.#hold(element, field)
    }
    this.#full = full
    this.#before = Array<FieldSet>(count + 1).fill(none)
    this.#behind = Array<FieldSet>(count + 1).fill(none)
    for (let element = 0; element < count; element += 1) {
      this.#before[element + 1] = union(this.#before[element]!, this.#held[element]!)
    }
    for (let element = count - 1; element >= 0; element -= 1) {
      this.#behind[element] = union(this.#behind[element + 1]!, this.#held[element]!)
    }
  }

  isThereOne(): boolean {
    // Inner elements have higher numbers than those around them.
    for (let element = this.#held.length - 1; element >= 0; element -= 1) {
      if (this.#isHolder[element] === 0) continue
      const sets = this.#combine(this.#held[element]!, this.#arraysIn[element + 1])
      if (sets === undefined) return false
      this.#addElement(element, sets)
    }
    return this.#combine(this.#sets.none, this.#arraysIn[0])?.includes(this.#full) ?? false
  }

  #hold(element: number, field: FieldSet): void {
    this.#held[element] = this.#sets.union(this.#held[element]!, field)
    for (let around = element; around >= 0 && this.#isHolder[around] === 0;) {
      this.#isHolder[around] = 1
      around = parentOf(this.#elements, around)
    }
  }

  #addElement(element: number, sets: readonly FieldSet[]): void {
    let last = element
    let inner = this.#arraysIn[element + 1]
    for (; inner !== undefined; inner = inner.next) if (inner.last > last) last = inner.last
    const name = arrayOf(this.#elements, element)
    const parent = parentOf(this.#elements, element) + 1
    const beside = this.#arraysIn[parent]
    // All numbers inside an array lie together, so of one element's arrays only the latest is not done.
    const array =
      beside?.array === name
        ? beside
        : { array: name, options: new Set<FieldSet>(), first: element, last, next: beside }
    this.#arraysIn[parent] = array
    array.first = element
    if (last > array.last) array.last = last
    for (let index = 0; index < sets.length; index += 1) array.options.add(sets[index]!)
  }

  /** The sets that can be satisfied with `own` and one option of each array; undefined when none can lead to all. */
  #combine(
    own: FieldSet,
    arrays: ArrayOptions<FieldSet> | undefined,
  ): readonly FieldSet[] | undefined {
    const { union } = this.#sets
    let sets: readonly FieldSet[] = [own]
    for (let array = arrays; array !== undefined; array = array.next) {
      // What is outside lies before the first of its numbers and behind the last.
      const rest = union(this.#before[array.first]!, this.#behind[array.last + 1]!)
      const combined = new Set<FieldSet>()
      for (const option of array.options) {
        if (union(option, rest) !== this.#full) continue
        for (const set of sets) {
          // Beyond the bound only events made to be hard are left; they may go unmatched.
          if (combined.size < ARRAY_CHOICES_MAX) combined.add(union(set, option))
        }
      }
      if (combined.size === 0) return undefined
      sets = [...combined]
    }
    return sets
  }
}
