// The indexes of one field beside its exact texts. Prefixes, suffixes, texts whatever their case, numbers, addresses
// and literals are looked up at once; wildcards by a piece of theirs; ranges in order of their bounds. Wildcards,
// ranges and what is left are in an index only while branches wait at them, because otherwise few events ask.

import { assertNever } from '../base/index.ts'
import { ByteTable } from './byte-table.ts'
import type { Condition } from './condition.ts'
import type { Field } from './field.ts'
import { foldAscii } from './fold.ts'
import type { Leaf } from './leaf.ts'
import { comparableNumber } from './number.ts'
import type { Probe } from './probe.ts'
import { RangeIndex } from './range-index.ts'
import type { Range } from './range.ts'
import { ReusedList } from './reused-list.ts'
import { WildcardIndex } from './wildcard-index.ts'

/** Texts whatever their case stand in tables under their folded form. */
interface FoldedEntry {
  readonly text: string
  readonly probe: Probe
}

const ADDRESSES = 1
const PREFIXES = 2
const SUFFIXES = 4
const FOLDED = 8
const WILDCARDS = 16

export class FieldIndexes {
  readonly #field: Field
  readonly #prefixes = new ByteTable<Probe>()
  readonly #suffixes = new ByteTable<Probe>({ isBackwards: true })
  readonly #folded = {
    whole: new ByteTable<FoldedEntry>({ isFolded: true }),
    prefix: new ByteTable<FoldedEntry>({ isFolded: true }),
    suffix: new ByteTable<FoldedEntry>({ isFolded: true, isBackwards: true }),
  }
  /** By value; numbers that no double holds by their text. */
  readonly #numbers = new Map<number | string, Probe>()
  #oddNumbers = 0
  readonly #ranges = new RangeIndex()
  /** Addresses and literals. */
  readonly #others = new Map<string, Probe>()
  #addresses = 0
  readonly #wildcards = new WildcardIndex()
  readonly #buts: Probe[] = []
  /** What accepts all but one text, by that text: many rules refuse the same. */
  readonly #butOne = new Map<string, Probe>()
  /** What no index finds. */
  readonly #listed: Probe[] = []
  /** Which of the indexes of texts hold anything. */
  #used = 0
  readonly #found = new ReusedList<Probe>()
  readonly #foundFolded = new ReusedList<FoldedEntry>()

  constructor(field: Field) {
    this.#field = field
  }

  /** The probe of an equal condition; none of those that are not kept apart. */
  get(condition: Condition): Probe | undefined {
    switch (condition.kind) {
      case 'prefix':
        return this.#prefixes.get(condition.text)
      case 'suffix':
        return this.#suffixes.get(condition.text)
      case 'folded': {
        const text = foldAscii(condition.text)
        return text === undefined ? undefined : this.#folded[condition.part].get(text)?.probe
      }
      case 'number':
        return this.#numbers.get(numberKey(condition.text))
      case 'ip':
        return this.#others.get(condition.address)
      case 'literal':
        return this.#others.get(condition.value)
      case 'wildcard':
      case 'range':
      case 'cidr':
      case 'exists':
      case 'absent':
        return undefined
      case 'but': {
        const text = onlyRefused(condition)
        return text === undefined ? undefined : this.#butOne.get(text)
      }
      case 'string':
        // The field's own.
        return undefined
      default:
        return assertNever(condition)
    }
  }

  add(probe: Probe): void {
    const { condition } = probe
    probe.isIndexed = true
    if (condition.kind === 'prefix') this.#prefixes.add(probe)
    else if (condition.kind === 'suffix') this.#suffixes.add(probe)
    else if (condition.kind === 'number') this.#addNumber(probe, condition.text)
    else if (condition.kind === 'ip') {
      this.#others.set(condition.address, probe)
      this.#addresses += 1
    } else if (condition.kind === 'literal') this.#others.set(condition.value, probe)
    else {
      const text = foldedText(condition)
      if (text !== undefined && condition.kind === 'folded') {
        this.#folded[condition.part].add({ text, probe })
      } else probe.isIndexed = false
      const refused = onlyRefused(condition)
      if (refused !== undefined) this.#butOne.set(refused, probe)
    }
    this.#updateUsed()
  }

  remove(probe: Probe): void {
    const { condition } = probe
    const refused = onlyRefused(condition)
    if (refused !== undefined) this.#butOne.delete(refused)
    if (!probe.isIndexed) return
    probe.isIndexed = false
    if (condition.kind === 'prefix') this.#prefixes.remove(probe)
    else if (condition.kind === 'suffix') this.#suffixes.remove(probe)
    else if (condition.kind === 'number') this.#removeNumber(probe, condition.text)
    else if (condition.kind === 'ip') {
      this.#others.delete(condition.address)
      this.#addresses -= 1
    } else if (condition.kind === 'literal') this.#others.delete(condition.value)
    else if (condition.kind === 'folded') {
      const table = this.#folded[condition.part]
      const entry = table.get(foldedText(condition)!)
      if (entry !== undefined) table.remove(entry)
    }
    this.#updateUsed()
  }

  /** Puts a condition into its index that is there only while somebody wants it found. */
  listen(probe: Probe): void {
    const { condition } = probe
    probe.isIndexed = true
    if (condition.kind === 'wildcard') this.#wildcards.add(probe, condition.pieces)
    else if (condition.kind === 'range') this.#ranges.add(probe, condition)
    else if (condition.kind === 'but') this.#buts.push(probe)
    else this.#listed.push(probe)
    this.#updateUsed()
  }

  ignore(probe: Probe): void {
    const { condition } = probe
    probe.isIndexed = false
    if (condition.kind === 'wildcard') this.#wildcards.remove(probe, condition.pieces)
    else if (condition.kind === 'range') this.#ranges.remove(probe, condition)
    else if (condition.kind === 'but') removeFrom(this.#buts, probe)
    else removeFrom(this.#listed, probe)
    this.#updateUsed()
  }

  /** Hits what the leaf satisfies. */
  find(leaf: Leaf, hits: ReusedList<Probe>): void {
    if (leaf.isString) this.#findText(leaf, hits)
    else if (leaf.isNumber) this.#findNumber(leaf, hits)
    else this.#hit(this.#others.get(leaf.literal), leaf, hits)
    const run = this.#field.scannedIn
    const listed = this.#listed
    for (let index = 0; index < listed.length; index += 1) {
      const probe = listed[index]!
      if (!probe.isSettled(run) && probe.rare.test(leaf)) this.#field.hit(probe, leaf, hits)
    }
    const buts = this.#buts
    // By now all that they refuse was found.
    for (let index = 0; index < buts.length; index += 1) {
      const probe = buts[index]!
      if (probe.rare.refusedIn !== leaf.serial) this.#field.hit(probe, leaf, hits)
    }
  }

  #findText(leaf: Leaf, hits: ReusedList<Probe>): void {
    const used = this.#used
    if (used === 0) return
    const found = this.#found
    found.count = 0
    if ((used & ADDRESSES) !== 0 && leaf.ip !== undefined) {
      this.#hit(this.#others.get(leaf.ip), leaf, hits)
    }
    if ((used & PREFIXES) !== 0) this.#prefixes.findParts(leaf, found)
    if ((used & SUFFIXES) !== 0) this.#suffixes.findParts(leaf, found)
    for (let index = 0; index < found.count; index += 1) {
      this.#field.hit(found.items[index]!, leaf, hits)
    }
    if ((used & FOLDED) !== 0) this.#findFolded(leaf, hits)
    if ((used & WILDCARDS) !== 0) this.#findWildcards(leaf, hits)
  }

  #findFolded(leaf: Leaf, hits: ReusedList<Probe>): void {
    const { whole, prefix, suffix } = this.#folded
    if (whole.size > 0) this.#hit(whole.findWhole(leaf)?.probe, leaf, hits)
    const found = this.#foundFolded
    found.count = 0
    if (prefix.size > 0) prefix.findParts(leaf, found)
    if (suffix.size > 0) suffix.findParts(leaf, found)
    for (let index = 0; index < found.count; index += 1) {
      this.#field.hit(found.items[index]!.probe, leaf, hits)
    }
  }

  #findWildcards(leaf: Leaf, hits: ReusedList<Probe>): void {
    const found = this.#found
    found.count = 0
    this.#wildcards.find(leaf, found)
    for (let index = 0; index < found.count; index += 1) {
      const probe = found.items[index]!
      // One piece may be there many times.
      const { rare } = probe
      if (rare.triedIn === leaf.serial) continue
      rare.triedIn = leaf.serial
      if (rare.test(leaf)) this.#field.hit(probe, leaf, hits)
    }
  }

  #findNumber(leaf: Leaf, hits: ReusedList<Probe>): void {
    if (this.#ranges.size > 0) {
      const found = this.#found
      found.count = 0
      this.#ranges.find(leaf, found)
      for (let index = 0; index < found.count; index += 1) {
        this.#field.hit(found.items[index]!, leaf, hits)
      }
    }
    if (this.#oddNumbers > 0) this.#hit(this.#numbers.get(leaf.text), leaf, hits)
  }

  #updateUsed(): void {
    const { whole, prefix, suffix } = this.#folded
    this.#used =
      (this.#addresses > 0 ? ADDRESSES : 0) |
      (this.#prefixes.size > 0 ? PREFIXES : 0) |
      (this.#suffixes.size > 0 ? SUFFIXES : 0) |
      (whole.size + prefix.size + suffix.size > 0 ? FOLDED : 0) |
      (this.#wildcards.size > 0 ? WILDCARDS : 0)
  }

  #hit(probe: Probe | undefined, leaf: Leaf, hits: ReusedList<Probe>): void {
    if (probe !== undefined) this.#field.hit(probe, leaf, hits)
  }

  #addNumber(probe: Probe, text: string): void {
    const key = numberKey(text)
    this.#numbers.set(key, probe)
    if (typeof key === 'string') this.#oddNumbers += 1
    else this.#ranges.add(probe, exactly(key))
  }

  #removeNumber(probe: Probe, text: string): void {
    const key = numberKey(text)
    this.#numbers.delete(key)
    if (typeof key === 'string') this.#oddNumbers -= 1
    else this.#ranges.remove(probe, exactly(key))
  }
}

/** Conditions that join an index only while branches wait at them. */
export function isOnDemand(condition: Condition): boolean {
  const { kind } = condition
  if (kind === 'folded') return foldedText(condition) === undefined
  return (
    kind === 'wildcard' ||
    kind === 'range' ||
    kind === 'cidr' ||
    kind === 'but' ||
    kind === 'exists'
  )
}

/** The one text that a condition accepts all but. */
function onlyRefused(condition: Condition): string | undefined {
  if (condition.kind !== 'but' || condition.refused.length > 1) return undefined
  const [only] = condition.refused
  return only?.kind === 'string' ? only.text : undefined
}

function foldedText(condition: Condition): string | undefined {
  return condition.kind === 'folded' ? foldAscii(condition.text) : undefined
}

/** What equal numbers have in common: the value where a double holds it, else the text. */
function numberKey(text: string): number | string {
  return comparableNumber(text) ?? text
}

function exactly(value: number): Range {
  return { low: value, lowOpen: false, high: value, highOpen: false }
}

function removeFrom(probes: Probe[], probe: Probe): void {
  const last = probes.pop()!
  if (last !== probe) probes[probes.indexOf(probe)] = last
}
