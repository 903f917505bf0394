// Who waits at a probe: one branch, or a list of them. A list that grows long is split by what else its branches ask
// for exactly, so that an event that has one value in common with thousands of rules looks only at those that it has
// the second and third in common with, too.

import { type Branch, canAnchor, EXACT, type Need, probesOf, rankOf } from './branch.ts'
import type { Field } from './field.ts'
import { WAITING_UNSPLIT_MAX } from './limits.ts'
import type { Probe } from './probe.ts'

export type Waiting = Branch | WaitList

interface Split {
  readonly field: Field
  readonly lists: Map<Probe, WaitList>
}

export class WaitList {
  /** How many wait here, in what was split off, too. */
  size = 0
  readonly #branches: Branch[] = []
  #splits: Split[] | undefined
  /** The fields whose values the branches here have in common. */
  readonly #path: readonly Field[]

  constructor(path: readonly Field[]) {
    this.#path = path
  }

  add(branch: Branch): void {
    this.size += 1
    const need = this.#branches.length < WAITING_UNSPLIT_MAX ? undefined : this.#chooseNeed(branch)
    if (need === undefined) {
      this.#branches.push(branch)
      return
    }
    const { field } = need
    this.#splits ??= []
    let split = this.#splits.find((each) => each.field === field)
    if (split === undefined) {
      split = { field, lists: new Map() }
      this.#splits.push(split)
    }
    for (const probe of probesOf(need)) {
      let list = split.lists.get(probe)
      if (list === undefined) {
        list = new WaitList([...this.#path, field])
        split.lists.set(probe, list)
      }
      list.add(branch)
    }
  }

  /** Takes the branch out, here or from what was split off; whether it was there. */
  remove(branch: Branch): boolean {
    const isThere = this.#removeHere(branch) || this.#removeSplit(branch)
    if (isThere) this.size -= 1
    return isThere
  }

  /** Calls back with the branches that the event's exact values leave. */
  visit(run: number, verify: (branch: Branch) => void): void {
    for (const branch of this.#branches) verify(branch)
    if (this.#splits === undefined) return
    for (const { field, lists } of this.#splits) {
      if (field.scannedIn !== run) continue
      const { items, count } = field.exactHits
      for (let index = 0; index < count; index += 1) lists.get(items[index]!)?.visit(run, verify)
    }
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
