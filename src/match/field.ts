// One field that patterns look at: the probes of all conditions on it, and an index for each way of asking, so that
// what a value satisfies is found from the value and not by trying condition after condition.

import type { Rule } from './branch.ts'
import { ByteTable } from './byte-table.ts'
import type { Condition } from './condition.ts'
import { FieldIndexes, isOnDemand } from './field-indexes.ts'
import type { Leaf } from './leaf.ts'
import { Probe } from './probe.ts'
import { ReusedList } from './reused-list.ts'
import { LEAF_ELEMENT, LEAF_WORDS, nextLeaf, type Scan, type ScannedField } from './scan.ts'

/** What an event's leaves lead to: probes at which branches wait, and rules that are satisfied outright. */
export interface Found {
  readonly hits: ReusedList<Probe>
  readonly matched: ReusedList<Rule<unknown>>
}

/** What the values of one class come to. */
export interface Outcome {
  /** The rules that such a value alone satisfies, by conditions that nothing else asks for. */
  readonly rules: readonly Rule<unknown>[]
  /** What else it hits. */
  readonly probes: readonly Probe[]
}

const NO_CLASSES: readonly Outcome[] = []

export class Field implements ScannedField {
  readonly path: string
  /** Itself, as the fields that a list of branches has in common: thousands of lists share it. */
  readonly alone: readonly Field[] = [this]
  /** How many branches look at it; it leaves the tree with the last. */
  uses = 0
  scannedIn = 0
  firstLeaf = -1
  lastLeaf = -1
  /** The exact values in the present event that some pattern names. */
  readonly exactHits: ReusedList<Probe> = new ReusedList()
  /** Exact texts, which most fields are asked for and many for nothing else. */
  readonly #texts: ByteTable<Probe> = new ByteTable()
  #indexes: FieldIndexes | undefined
  /** What the values of each class come to; a scan that knows classes names them by their index. */
  classes: readonly Outcome[] = NO_CLASSES
  /** Takes what the present leaf satisfies, while that is all that is wanted. */
  #learnt: ReusedList<Probe> | undefined

  constructor(path: string) {
    this.path = path
  }

  /** The probe of a condition, which one more branch asks for. */
  join(condition: Condition): Probe {
    const isText = condition.kind === 'string'
    const known = isText ? this.#texts.get(condition.text) : this.#indexes?.get(condition)
    const probe = known ?? new Probe(this, condition)
    probe.uses += 1
    if (known !== undefined) return probe
    if (isText) {
      this.#texts.add(probe)
      probe.isIndexed = true
    } else {
      this.#indexes ??= new FieldIndexes(this)
      this.#indexes.add(probe)
    }
    return probe
  }

  leave(probe: Probe): void {
    probe.uses -= 1
    if (probe.uses > 0) return
    if (probe.kind === 'string') this.#texts.remove(probe)
    else this.#indexes!.remove(probe)
  }

  /** From now on one more wants the probe found. */
  listen(probe: Probe): void {
    if (!isOnDemand(probe.condition)) return
    const { rare } = probe
    rare.listeners += 1
    if (rare.listeners > 1) return
    if (probe.condition.kind === 'but') {
      rare.refused = probe.condition.refused.map((each) => this.join(each))
      for (const each of rare.refused) {
        each.rare.refusers ??= []
        each.rare.refusers.push(probe)
        this.listen(each)
      }
    }
    this.#indexes!.listen(probe)
  }

  /** One less wants it found. */
  ignore(probe: Probe): void {
    if (!isOnDemand(probe.condition)) return
    const { rare } = probe
    rare.listeners -= 1
    if (rare.listeners > 0) return
    this.#indexes!.ignore(probe)
    for (const each of rare.refused) {
      const refusers = each.rare.refusers!
      refusers.splice(refusers.indexOf(probe), 1)
      if (refusers.length === 0) each.rare.refusers = undefined
      this.ignore(each)
      this.leave(each)
    }
    rare.refused = []
  }

  /** Hits the probes that the field's leaves in the scanned event satisfy; those that branches wait at are found. */
  find(scan: Scan<Field>, leaf: Leaf, found: Found): void {
    const { hits } = found
    this.exactHits.count = 0
    const { leaves, classes } = scan
    for (let index = this.firstLeaf; index >= 0; index = nextLeaf(scan, index)) {
      const known = classes === undefined ? -1 : classes[index]!
      if (known >= 0) {
        this.#repeat(this.classes[known]!, leaves[index * LEAF_WORDS + LEAF_ELEMENT]!, found)
        continue
      }
      leaf.moveTo(scan, index)
      this.#findLeaf(leaf, hits)
    }
  }

  /** Lists all that the leaf satisfies, among it what of `unindexed`, which no index finds. */
  learn(leaf: Leaf, unindexed: readonly Probe[], learnt: ReusedList<Probe>): void {
    learnt.count = 0
    const run = this.scannedIn
    // What other leaves hit is none of this one's.
    this.scannedIn = leaf.serial
    this.#learnt = learnt
    this.#findLeaf(leaf, learnt)
    this.#learnt = undefined
    this.scannedIn = run
    for (let index = 0; index < unindexed.length; index += 1) {
      const probe = unindexed[index]!
      if (probe.rare.test(leaf)) learnt.add(probe)
    }
  }

  hit(probe: Probe, leaf: Leaf, hits: ReusedList<Probe>): void {
    const { refusers } = probe
    if (refusers !== undefined) {
      for (let index = 0; index < refusers.length; index += 1) {
        refusers[index]!.rare.refusedIn = leaf.serial
      }
    }
    if (this.#learnt === undefined) this.#note(probe, leaf.element, hits)
    else if (probe.hitIn !== leaf.serial) {
      probe.hitIn = leaf.serial
      this.#learnt.add(probe)
    }
  }

  #repeat({ rules, probes }: Outcome, element: number, { hits, matched }: Found): void {
    for (let each = 0; each < probes.length; each += 1) this.#note(probes[each]!, element, hits)
    for (let each = 0; each < rules.length; each += 1) {
      const rule = rules[each]!
      if (rule.matchedIn === this.scannedIn) continue
      rule.matchedIn = this.scannedIn
      matched.add(rule)
    }
  }

  #findLeaf(leaf: Leaf, hits: ReusedList<Probe>): void {
    if (leaf.isString && this.#texts.size > 0) {
      const probe = this.#texts.findWhole(leaf)
      if (probe !== undefined) this.hit(probe, leaf, hits)
    }
    if (this.#indexes !== undefined) this.#indexes.find(leaf, hits)
  }

  #note(probe: Probe, element: number, hits: ReusedList<Probe>): void {
    if (probe.hitIn === this.scannedIn) return
    probe.hitIn = this.scannedIn
    probe.element = element
    if (probe.isExact) this.exactHits.add(probe)
    if (probe.waiting !== undefined) hits.add(probe)
  }
}
