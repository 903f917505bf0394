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

/** A set of fields, one bit each. */
type FieldSet = bigint

/** What can be satisfied inside one array that holds candidates. */
interface ArrayOptions {
  readonly options: Set<FieldSet>
  /** The lowest and highest number of its elements, and theirs, that hold candidates. */
  first: number
  last: number
}

/** Whether one candidate of each field (candidates are elements) can be chosen so that all are consistent. */
export function hasConsistentChoice(
  elements: Elements,
  candidates: readonly (readonly number[])[],
): boolean {
  const full = (1n << BigInt(candidates.length)) - 1n
  const held = collectHeld(candidates)
  const outside = sumOutside(held)
  const arraysIn = new Map<number, ArrayOptions[]>()
  const openArrays = new Map<number, ArrayOptions>()
  for (const element of withAncestors(elements, held.keys())) {
    const sets = combine(held.get(element) ?? 0n, arraysIn.get(element) ?? [], full, outside)
    if (sets === undefined) return false
    addElement({ elements, openArrays, arraysIn }, element, sets)
  }
  return combine(0n, arraysIn.get(-1) ?? [], full, outside)?.includes(full) ?? false
}

function collectHeld(candidates: readonly (readonly number[])[]): Map<number, FieldSet> {
  const held = new Map<number, FieldSet>()
  for (const [index, ofField] of candidates.entries()) {
    const field = 1n << BigInt(index)
    for (const element of ofField) held.set(element, (held.get(element) ?? 0n) | field)
  }
  return held
}

// Inner elements have higher numbers than those around them.
function withAncestors(elements: Elements, start: Iterable<number>): Int32Array {
  const all = new Set<number>()
  for (let element of start) {
    for (; element >= 0 && !all.has(element); element = parentOf(elements, element))
      all.add(element)
  }
  return Int32Array.from(all).sort().reverse()
}

interface Progress {
  readonly elements: Elements
  readonly openArrays: Map<number, ArrayOptions>
  readonly arraysIn: Map<number, ArrayOptions[]>
}

function addElement(progress: Progress, element: number, sets: readonly FieldSet[]): void {
  const { elements, openArrays, arraysIn } = progress
  let last = element
  for (const inner of arraysIn.get(element) ?? []) last = Math.max(last, inner.last)
  const name = arrayOf(elements, element)
  let array = openArrays.get(name)
  if (array === undefined) {
    array = { options: new Set(), first: element, last }
    openArrays.set(name, array)
    const parent = parentOf(elements, element)
    const beside = arraysIn.get(parent)
    if (beside === undefined) arraysIn.set(parent, [array])
    else beside.push(array)
  }
  array.first = element
  array.last = Math.max(array.last, last)
  for (const set of sets) array.options.add(set)
}

type Outside = (first: number, last: number) => FieldSet

// All numbers inside an array lie together, so what is outside lies before its first and behind its last.
function sumOutside(held: ReadonlyMap<number, FieldSet>): Outside {
  const numbers = Int32Array.from(held.keys()).sort()
  const before: FieldSet[] = [0n]
  for (const [index, element] of numbers.entries()) before.push(before[index]! | held.get(element)!)
  const behind: FieldSet[] = Array.from({ length: numbers.length + 1 }, () => 0n)
  for (let index = numbers.length - 1; index >= 0; index -= 1) {
    behind[index] = behind[index + 1]! | held.get(numbers[index]!)!
  }
  return (first, last) =>
    before[lowerBound(numbers, first)]! | behind[lowerBound(numbers, last + 1)]!
}

function lowerBound(sorted: Int32Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** The sets that can be satisfied with `own` and one option of each array; undefined when none can lead to `full`. */
function combine(
  own: FieldSet,
  arrays: readonly ArrayOptions[],
  full: FieldSet,
  outside: Outside,
): readonly FieldSet[] | undefined {
  let sets: readonly FieldSet[] = [own]
  for (const array of arrays) {
    const rest = outside(array.first, array.last)
    const useful = [...array.options].filter((option) => (option | rest) === full)
    if (useful.length === 0) return undefined
    const combined = new Set<FieldSet>()
    for (const set of sets) {
      for (const option of useful) {
        // Beyond the bound only events made to be hard are left; they may go unmatched.
        if (combined.size < ARRAY_CHOICES_MAX) combined.add(set | option)
      }
    }
    sets = [...combined]
  }
  return sets
}
