// All rules of one matcher as an index over the values they look at. Each branch of a rule waits at one of
// its fields, the one where the fewest others wait: under the exact values it accepts there, or else in
// that field's list. An event wakes the branches that wait at its values, and each of those is verified
// in full, so cost follows what an event touches and not how many rules there are.

import { isAccepted, type Alternatives } from './condition.ts'
import { areConsistent, hasConsistentChoice } from './consistency.ts'
import { createFieldTree, pruneField, reachField, type FieldNode } from './field-tree.ts'
import { ipKey, type Leaf } from './leaf.ts'
import type { Pattern } from './pattern.ts'
import { scanEvent, type ScannedEvent } from './scan.ts'

export interface Rule<Key> {
  readonly key: Key
  readonly pattern: Pattern
  /** Rules are answered in this order. */
  readonly order: number
}

interface Field {
  readonly path: string
  /** How many branches look at it; it leaves the tree with the last. */
  uses: number
  /** Branches waiting for an exact value, by its key. */
  readonly exact: Map<string, WaitingBranch[]>
  /** Branches to verify whenever the field has a value. */
  readonly listed: WaitingBranch[]
}

interface WaitingBranch {
  readonly rule: JoinedRule
  readonly slots: readonly Slot[]
  /** The field it waits at; none when it is satisfied by absent fields alone. */
  readonly anchor: Slot | undefined
  verifiedIn: number
}

interface Slot {
  readonly field: Field
  readonly alternatives: Alternatives
}

interface JoinedRule {
  readonly rule: Rule<unknown>
  readonly branches: WaitingBranch[]
  matchedIn: number
}

/** A set of rules that changes in place; what makes it look immutable is `matcher.ts`. */
export class Machine<Key> {
  readonly #root: FieldNode<Field> = createFieldTree()
  readonly #rules = new Map<Key, JoinedRule>()
  // Branches that no value wakes: all of their fields may be absent.
  readonly #always: WaitingBranch[] = []
  #order = 0
  #run = 0

  get(key: Key): Rule<Key> | undefined {
    return this.#rules.get(key)?.rule as Rule<Key> | undefined
  }

  /** A rule that will be answered behind all made before. */
  createRule(key: Key, pattern: Pattern): Rule<Key> {
    this.#order += 1
    return { key, pattern, order: this.#order }
  }

  add(rule: Rule<Key>): void {
    const joined: JoinedRule = { rule, branches: [], matchedIn: 0 }
    for (const branch of rule.pattern.branches) {
      const slots = Array.from(branch, ([path, alternatives]) => {
        const field = this.#reachField(path)
        field.uses += 1
        return { field, alternatives }
      })
      const waiting = { rule: joined, slots, anchor: chooseAnchor(slots), verifiedIn: 0 }
      for (const list of this.#listsOf(waiting)) list.push(waiting)
      joined.branches.push(waiting)
    }
    this.#rules.set(rule.key, joined)
  }

  remove(key: Key): void {
    const joined = this.#rules.get(key)
    if (joined === undefined) return
    for (const branch of joined.branches) {
      for (const list of this.#listsOf(branch)) removeFrom(list, branch)
      if (branch.anchor !== undefined) dropEmpty(branch.anchor)
      for (const { field } of branch.slots) {
        field.uses -= 1
        if (field.uses === 0) pruneField(this.#root, field.path)
      }
    }
    this.#rules.delete(key)
  }

  /** With `isEnvelope`, the outermost names are distinct and have no dots. */
  match(event: Buffer, isEnvelope = false): Key[] {
    const scanned = scanEvent(event, this.#root, isEnvelope)
    if (scanned === undefined) return []
    const run = new Run(scanned, (this.#run += 1))
    for (const [field, leaves] of scanned.leaves) {
      run.verify(field.listed)
      if (field.exact.size === 0) continue
      for (const leaf of leaves) {
        run.verify(field.exact.get(leaf.key))
        if (leaf.ip !== undefined) run.verify(field.exact.get(ipKey(leaf.ip)))
      }
    }
    run.verify(this.#always)
    const matched = run.matched as Rule<Key>[]
    if (matched.length > 1) matched.sort((left, right) => left.order - right.order)
    return matched.map((rule) => rule.key)
  }

  #reachField(path: string): Field {
    const node = reachField(this.#root, path)
    node.field ??= { path, uses: 0, exact: new Map(), listed: [] }
    return node.field
  }

  /** The lists a branch waits in. */
  #listsOf(branch: WaitingBranch): WaitingBranch[][] {
    const { anchor } = branch
    if (anchor === undefined) return [this.#always]
    if (!isExact(anchor.alternatives)) return [anchor.field.listed]
    return Array.from(anchor.alternatives.keys, (key) => {
      const list = anchor.field.exact.get(key) ?? []
      anchor.field.exact.set(key, list)
      return list
    })
  }
}

function isExact(alternatives: Alternatives): boolean {
  return alternatives.tests.length === 0
}

// Where exact values are asked for, the fewest neighbours win; only without any does a branch join a list.
function chooseAnchor(slots: readonly Slot[]): Slot | undefined {
  let best: Slot | undefined
  let bestCost = Infinity
  for (const slot of slots) {
    const { field, alternatives } = slot
    if (alternatives.isAbsentAllowed) continue
    let cost = 0
    if (isExact(alternatives)) {
      for (const key of alternatives.keys) cost += field.exact.get(key)?.length ?? 0
    } else cost = Number.MAX_SAFE_INTEGER / 2 + field.listed.length
    if (cost >= bestCost) continue
    best = slot
    bestCost = cost
  }
  return best
}

function removeFrom(list: WaitingBranch[], branch: WaitingBranch): void {
  const index = list.indexOf(branch)
  const last = list.pop()
  if (last !== undefined && last !== branch) list[index] = last
}

function dropEmpty(anchor: Slot): void {
  for (const key of anchor.alternatives.keys) {
    if (anchor.field.exact.get(key)?.length === 0) anchor.field.exact.delete(key)
  }
}

/** One event against the branches it woke. */
class Run {
  readonly matched: Rule<unknown>[] = []
  readonly #event: ScannedEvent<Field>
  readonly #number: number

  constructor(event: ScannedEvent<Field>, number: number) {
    this.#event = event
    this.#number = number
  }

  verify(branches: readonly WaitingBranch[] | undefined): void {
    if (branches === undefined) return
    for (const branch of branches) {
      // Several values may wake one branch, and several branches satisfy one rule.
      if (branch.verifiedIn === this.#number || branch.rule.matchedIn === this.#number) continue
      branch.verifiedIn = this.#number
      if (!this.#isSatisfied(branch)) continue
      branch.rule.matchedIn = this.#number
      this.matched.push(branch.rule.rule)
    }
  }

  #isSatisfied(branch: WaitingBranch): boolean {
    const chosen: number[] = []
    const inArrays: Slot[] = []
    for (const slot of branch.slots) {
      const leaves = this.#event.leaves.get(slot.field)
      if (leaves === undefined) {
        if (slot.alternatives.isAbsentAllowed) continue
        return false
      }
      const leaf = leaves.find((each) => isAccepted(slot.alternatives, each))
      if (leaf === undefined) return false
      if (leaf.element < 0) continue
      chosen.push(leaf.element)
      inArrays.push(slot)
    }
    return this.#areAllConsistent(chosen) || this.#hasOtherChoice(inArrays)
  }

  #areAllConsistent(chosen: readonly number[]): boolean {
    return chosen.every((element, index) =>
      chosen.every(
        (other, before) => before >= index || areConsistent(this.#event, element, other),
      ),
    )
  }

  // The first accepted values do not lie together; perhaps others do.
  #hasOtherChoice(slots: readonly Slot[]): boolean {
    const candidates: number[][] = []
    for (const { field, alternatives } of slots) {
      const accepted = this.#event.leaves
        .get(field)!
        .filter((leaf: Leaf) => isAccepted(alternatives, leaf))
        .map((leaf) => leaf.element)
      // What is accepted outside every array goes with every choice.
      if (!accepted.includes(-1)) candidates.push(accepted)
    }
    return hasConsistentChoice(this.#event, candidates)
  }
}
