// One field that patterns look at: the probes of all conditions on it, and an index for each way of asking, so that
// what a value satisfies is found from the value and not by trying condition after condition.

import type { Rule } from './branch.ts'
import { ByteTable } from './byte-table.ts'
import type { Condition } from './condition.ts'
import { FieldIndexes, isOnDemand } from './field-indexes.ts'
import type { Leaf } from './leaf.ts'
import { Memo, type Outcome } from './memo.ts'
import { Probe } from './probe.ts'
import { ReusedList } from './reused-list.ts'
import { LEAF_ELEMENT, LEAF_WORDS, nextLeaf, type Scan, type ScannedField } from './scan.ts'

/** What an event's leaves lead to: probes at which branches wait, and rules that are satisfied outright. */
export interface Found {
  readonly hits: ReusedList<Probe>
  readonly matched: ReusedList<Rule<unknown>>
}

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
  #memo: Memo | undefined
  /** What the present leaf hits, while that is to be kept. */
  #learnt: Probe[] | undefined

  constructor(path: string) {
    this.path = path
  }

  /** The probe of a condition, which one more branch asks for. */
  join(condition: Condition): Probe {
    const isText = condition.kind === 'string'
    const known = isText ? this.#texts.get(condition.text) : this.#indexes?.get(condition)
    const probe = known ?? new Probe(this, condition)
    probe.uses += 1
    this.#memo?.clear()
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
    this.#memo?.clear()
    if (probe.uses > 0) return
    if (probe.kind === 'string') this.#texts.remove(probe)
    else this.#indexes!.remove(probe)
  }

  /** From now on one more wants the probe found. */
  listen(probe: Probe): void {
    this.#memo?.clear()
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
    this.#memo?.clear()
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
    const { leaves } = scan
    // Where only exact texts are asked for, finding one is as fast.
    const isWorth = this.#indexes !== undefined && scan.numbers !== undefined
    const memo = isWorth ? (this.#memo ??= new Memo()) : undefined
    for (let index = this.firstLeaf; index >= 0; index = nextLeaf(scan, index)) {
      const isKept = memo?.wants(leaves, index) === true
      const known = isKept ? memo.find(leaves, index) : undefined
      if (known !== undefined) {
        this.#repeat(known, leaves[index * LEAF_WORDS + LEAF_ELEMENT]!, found)
        continue
      }
      leaf.moveTo(scan, index)
      // Behind the first leaf some would be missing: what was hit already is not always looked for again.
      if (!isKept || index !== this.firstLeaf) this.#findLeaf(leaf, hits)
      else {
        const learnt: Probe[] = []
        this.#learnt = learnt
        this.#findLeaf(leaf, hits)
        this.#learnt = undefined
        memo.add(leaves, index, learnt)
      }
    }
  }

  hit(probe: Probe, leaf: Leaf, hits: ReusedList<Probe>): void {
    const { refusers } = probe
    if (refusers !== undefined) {
      for (let index = 0; index < refusers.length; index += 1) {
        refusers[index]!.rare.refusedIn = leaf.serial
      }
    }
    if (this.#learnt !== undefined) this.#learnt.push(probe)
    this.#note(probe, leaf.element, hits)
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
