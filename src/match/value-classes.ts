// What the values of a set of rules' fields come to. Values of one field that satisfy the same conditions are of one
// class; the kernel tells the classes of texts, numbers and literals that it has met, and answers an event whose
// fields were of the same classes before as it was answered then. What it does not know is found by the indexes and
// taught to it. All is forgotten when a rule joins or leaves.

import { branchesOf, probesOf, type Rule } from './branch.ts'
import { ClassTables } from './class-tables.ts'
import type { Image } from './fast-scan.ts'
import { FieldClasses, NEVER } from './field-classes.ts'
import type { Field } from './field.ts'
import type { Leaf } from './leaf.ts'
import { ANSWER_KEYS_MAX, CLASSED_BRANCHES_MAX, CLASSED_PAIRS_MAX } from './limits.ts'
import type { Probe } from './probe.ts'
import { LEAF_ELEMENT, LEAF_FIELD, LEAF_WORDS, type Scan } from './scan.ts'

/** An answer that was known gains one, one that was not costs one; once that has used up the credit, keeping rests. */
const CREDIT_MAX = 512
/** For how many events. */
const REST = 8192

export class ValueClasses<Key> {
  /** Whether answers are kept at present; they are not while hardly any event is like an earlier one. */
  isAsking = true
  readonly answers: (readonly Key[])[] = []
  readonly #fields: readonly FieldClasses[]
  /** Two fields that some branch asks for together, as one number. */
  readonly #together: ReadonlySet<number>
  #credit = CREDIT_MAX
  #rest = 0

  private constructor(fields: readonly FieldClasses[], together: ReadonlySet<number>) {
    this.#fields = fields
    this.#together = together
  }

  /** The classes for an image that the kernel holds; undefined when the rules are too many to go through. */
  static create<Key>(
    rules: ReadonlyMap<Key, Rule<Key>>,
    image: Image<Field>,
  ): ValueClasses<Key> | undefined {
    if (rules.size > CLASSED_BRANCHES_MAX) return undefined
    const numbers = new Map(image.fields.map((field, index) => [field, index]))
    const probes = image.fields.map(() => new Set<Probe>())
    const together = new Set<number>()
    let branches = 0
    let pairs = 0
    for (const rule of rules.values()) {
      for (const { needs } of branchesOf(rule)) {
        branches += 1
        pairs += needs.length ** 2
        if (branches > CLASSED_BRANCHES_MAX || pairs > CLASSED_PAIRS_MAX) return undefined
        const asked = needs.map((need) => numbers.get(need.field)!)
        for (const [index, need] of needs.entries()) {
          for (const probe of probesOf(need)) probes[asked[index]!]!.add(probe)
          for (const other of asked) together.add(pairOf(asked[index]!, other))
        }
      }
    }
    const tables = new ClassTables(image)
    const fields = image.fields.map(
      (field, index) => new FieldClasses(field, [...probes[index]!], tables, index),
    )
    image.startClasses()
    return new ValueClasses<Key>(fields, together)
  }

  /** Finds the classes of the scanned event's values that the kernel left open; whether that could be done. */
  learn(scan: Scan<Field>, leaf: Leaf): boolean {
    const classes = scan.classes!
    for (let index = 0; index < scan.leafCount; index += 1) {
      const code = classes[index]!
      if (code >= 0) continue
      if (code === NEVER) return false
      const field = this.#fields[scan.leaves[index * LEAF_WORDS + LEAF_FIELD]!]!
      leaf.moveTo(scan, index)
      const found = field.learn(leaf, code, scan.leaves, index)
      if (found < 0) return false
      classes[index] = found
    }
    return true
  }

  /** To be told of every event that was answered at once. */
  noteKnown(): void {
    if (this.#credit < CREDIT_MAX) this.#credit += 1
  }

  /** To be told of every other event. */
  noteUnknown(): void {
    if (this.#rest > 0) {
      this.#rest -= 1
      this.isAsking = this.#rest === 0
      return
    }
    this.#credit -= 1
    if (this.#credit >= 0) return
    this.#credit = CREDIT_MAX
    this.#rest = REST
    this.isAsking = false
  }

  /** Whether all events whose values are of the same classes have the same answer. */
  isAlike(scan: Scan<Field>): boolean {
    if (scan.elementCount === 0) return true
    // Which element of an array a value lies in says nothing, unless a branch asks for two that do.
    const inArrays: number[] = []
    for (let leaf = 0; leaf < scan.leafCount; leaf += 1) {
      const at = leaf * LEAF_WORDS
      const field = scan.leaves[at + LEAF_FIELD]!
      if (scan.leaves[at + LEAF_ELEMENT]! >= 0 && !inArrays.includes(field)) inArrays.push(field)
    }
    return inArrays.every((field, index) =>
      inArrays.every(
        (other, before) => before >= index || !this.#together.has(pairOf(field, other)),
      ),
    )
  }

  /** Keeps the answer of an event that is like others. */
  keep(answer: readonly Key[], slot: () => number): void {
    if (answer.length <= ANSWER_KEYS_MAX) this.answers[slot()] = answer
  }
}

function pairOf(field: number, other: number): number {
  return Math.min(field, other) * 65_536 + Math.max(field, other)
}
