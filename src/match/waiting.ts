// Who waits at a probe: one branch, or a list of them. A list that grows long is split by what else its branches ask
// for exactly, so that an event that has one value in common with thousands of rules looks only at those that it has
// the second and third in common with, too. Where nothing exact is left, numbers are looked up in the ranges that the
// branches ask for.

import { type Branch, canAnchor, EXACT, type Need, probesOf, rankOf } from './branch.ts'
import type { Condition } from './condition.ts'
import type { Field } from './field.ts'
import type { Leaf } from './leaf.ts'
import { WAITING_UNSPLIT_MAX } from './limits.ts'
import { Probe } from './probe.ts'
import { RangeIndex } from './range-index.ts'
import { ReusedList } from './reused-list.ts'
import { nextLeaf, type Scan } from './scan.ts'

export type Waiting = Branch | WaitList

/** What looking through a list takes: the scanned event, and who verifies a branch. */
export interface Visit {
  readonly scan: Scan<Field>
  readonly leaf: Leaf
  readonly verify: (branch: Branch) => void
}

/** Branches by the range that each has to itself, and at which no other waits. */
interface RangeSplit {
  readonly field: Field
  readonly index: RangeIndex
}

interface Split {
  readonly field: Field
  readonly lists: Map<Probe, WaitList>
  /** The fields whose values all of its lists have in common. */
  readonly path: readonly Field[]
}

// Nothing that is verified looks through ranges.
const found = new ReusedList<Probe>()

/** Where a list begins, before it has an array of its own. */
const NONE: Branch[] = []

export class WaitList {
  /** How many wait here, in what was split off, too. */
  size = 0
  #branches: Branch[] = NONE
  #splits: Split[] | undefined
  #ranges: RangeSplit[] | undefined
  /** The fields whose values the branches here have in common. */
  readonly #path: readonly Field[]

  constructor(path: readonly Field[]) {
    this.#path = path
  }

  add(branch: Branch): void {
    this.size += 1
    if (this.size <= WAITING_UNSPLIT_MAX) {
      this.#branches = this.#branches.concat(branch)
      return
    }
    // Once it is long, those that came first are split off, too, so that no visit has to look at them.
    if (this.size === WAITING_UNSPLIT_MAX + 1) {
      const early = this.#branches
      this.#branches = NONE
      for (const each of early) this.#place(each)
    }
    this.#place(branch)
  }

  #place(branch: Branch): void {
    const need = this.#chooseNeed(branch)
    if (need === undefined) {
      if (!this.#addRange(branch)) this.#branches = this.#branches.concat(branch)
      return
    }
    const { field } = need
    let split = this.#splits?.find((each) => each.field === field)
    if (split === undefined) {
      split = { field, lists: new Map(), path: [...this.#path, field] }
      this.#splits = [...(this.#splits ?? []), split]
    }
    for (const probe of probesOf(need)) {
      let list = split.lists.get(probe)
      if (list === undefined) {
        list = new WaitList(split.path)
        split.lists.set(probe, list)
      }
      list.add(branch)
    }
  }

  /** Takes the branch out, here or from what was split off; whether it was there. */
  remove(branch: Branch): boolean {
    const isThere =
      this.#removeHere(branch) || this.#removeSplit(branch) || this.#removeRange(branch)
    if (isThere) this.size -= 1
    return isThere
  }

  /** Calls back with the branches that the event's exact values leave. */
  visit(visit: Visit): void {
    const { scan, verify } = visit
    for (const branch of this.#branches) verify(branch)
    if (this.#ranges !== undefined) this.#visitRanges(this.#ranges, visit)
    if (this.#splits === undefined) return
    for (const { field, lists } of this.#splits) {
      if (field.scannedIn !== scan.run) continue
      const { items, count } = field.exactHits
      for (let index = 0; index < count; index += 1) lists.get(items[index]!)?.visit(visit)
    }
  }

  #visitRanges(ranges: readonly RangeSplit[], { scan, leaf, verify }: Visit): void {
    for (const { field, index } of ranges) {
      if (field.scannedIn !== scan.run) continue
      found.count = 0
      for (let at = field.firstLeaf; at >= 0; at = nextLeaf(scan, at)) {
        leaf.moveTo(scan, at)
        const before = found.count
        if (leaf.isNumber) index.find(leaf, found)
        // So that whoever verifies need not try it again.
        for (let each = before; each < found.count; each += 1) {
          const probe = found.items[each]!
          if (probe.hitIn === scan.run) continue
          probe.hitIn = scan.run
          probe.element = leaf.element
        }
      }
      for (let each = 0; each < found.count; each += 1) {
        verify(found.items[each]!.waiting as Branch)
      }
    }
  }

  #addRange(branch: Branch): boolean {
    const probe = rangeOf(branch)
    if (probe === undefined) return false
    const { field, condition } = probe
    let split = this.#ranges?.find((each) => each.field === field)
    if (split === undefined) {
      split = { field, index: new RangeIndex() }
      this.#ranges = [...(this.#ranges ?? []), split]
    }
    split.index.add(probe, condition)
    probe.waiting = branch
    return true
  }

  #removeRange(branch: Branch): boolean {
    const probe = rangeOf(branch)
    const split = this.#ranges?.find(({ field }) => field === probe?.field)
    // The probe still knows its branch, which may wait in other lists, too.
    if (probe === undefined || split?.index.remove(probe, probe.condition) !== true) return false
    if (split.index.size === 0) this.#ranges!.splice(this.#ranges!.indexOf(split), 1)
    return true
  }

  // The exact need where the fewest others wait.
  #chooseNeed(branch: Branch): Need | undefined {
    let best: Need | undefined
    let fewest = Number.POSITIVE_INFINITY
    for (const need of branch.needs) {
      if (rankOf(need) !== EXACT || !canAnchor(need) || this.#path.includes(need.field)) continue
      const lists = this.#splits?.find((each) => each.field === need.field)?.lists
      let count = 0
      for (const probe of probesOf(need)) count += lists?.get(probe)?.size ?? 0
      if (count >= fewest) continue
      best = need
      fewest = count
    }
    return best
  }

  #removeHere(branch: Branch): boolean {
    const index = this.#branches.indexOf(branch)
    if (index < 0) return false
    const last = this.#branches.pop()!
    if (last !== branch) this.#branches[index] = last
    return true
  }

  #removeSplit(branch: Branch): boolean {
    for (const split of this.#splits ?? []) {
      const need = branch.needs.find((each) => each.field === split.field)
      let isThere = false
      for (const probe of need === undefined ? [] : probesOf(need)) {
        const list = split.lists.get(probe)
        if (list?.remove(branch) !== true) continue
        isThere = true
        if (list.size === 0) split.lists.delete(probe)
      }
      if (split.lists.size === 0) this.#splits!.splice(this.#splits!.indexOf(split), 1)
      if (isThere) return true
    }
    return false
  }
}

type RangeProbe = Probe & { readonly condition: Extract<Condition, { kind: 'range' }> }

/** The first need of the branch that is one range; such probes belong to one branch each. */
function rangeOf({ needs }: Branch): RangeProbe | undefined {
  for (const need of needs) {
    if (need instanceof Probe && need.kind === 'range') return need as RangeProbe
  }
  return undefined
}
