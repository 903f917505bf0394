// All rules of one matcher as an index over the values they look at. Each branch of a rule waits at one of its needs,
// the one where the fewest others wait. An event hits the probes that its values satisfy, and the branches that wait
// there are verified in full, so cost follows what an event touches and not how many rules there are.

import {
  anchorOf,
  Branch,
  branchesOf,
  canAnchor,
  Choice,
  EXACT,
  type Need,
  probesOf,
  type Rank,
  rankOf,
  type Rule,
  WORST,
} from './branch.ts'
import type { Condition } from './condition.ts'
import { areConsistent, hasConsistentChoice } from './consistency.ts'
import {
  createImage,
  GIVES_UP,
  HAS_UNKNOWN,
  type Image,
  keepAnswer,
  lookAgain,
  MISSES,
  NO_OBJECT,
  scanFast,
  takeNotes,
  UNASKED,
} from './fast-scan.ts'
import { Field, type Found } from './field.ts'
import { Leaf } from './leaf.ts'
import { WAITING_UNSPLIT_MAX } from './limits.ts'
import { NameNode, pruneNode, reachNode } from './name-tree.ts'
import { OrderSort } from './order-sort.ts'
import type { FieldConditions, Pattern } from './pattern.ts'
import { Probe } from './probe.ts'
import { withoutRepeats } from './repeats.ts'
import { ReusedList } from './reused-list.ts'
import { nextLeaf, Scan, type Names } from './scan.ts'
import { ValueClasses } from './value-classes.ts'
import { WaitList, type Waiting } from './waiting.ts'

export type { Rule } from './branch.ts'

// One event is matched at a time, so all machines use the same.
const scan = new Scan<Field>()
const leaf = new Leaf()
const found: Found = { hits: new ReusedList(), matched: new ReusedList() }
const sorting = new OrderSort<Rule<unknown>>()

/** How many times fewer must wait at the better place to leave an exact value for it. */
const ROOMIER = 4
const NO_KEYS: readonly never[] = Object.freeze([])

/** A set of rules that changes in place; what makes it look immutable is `matcher.ts`. */
export class Machine<Key> {
  readonly #root = new NameNode<Field>()
  readonly #rules = new Map<Key, Rule<Key>>()
  // Branches that no value wakes: all of their fields may be absent.
  readonly #always: Branch[] = []
  #order = 0
  /** The names as the kernel wants them; none when it cannot have them. */
  #image: Image<Field> | 'outdated' | undefined = 'outdated'
  #classes: ValueClasses<Key> | undefined
  /** How many events came since rules or memory changed. */
  #unclassed = 0
  readonly #visit = { scan, leaf, verify: (branch: Branch): void => this.#verifyBranch(branch) }

  get(key: Key): Rule<Key> | undefined {
    return this.#rules.get(key)
  }

  /** Adds a rule behind all that came before. */
  create(key: Key, pattern: Pattern): Rule<Key> {
    this.#order += 1
    const rule: Rule<Key> = { key, order: this.#order, branches: [], matchedIn: 0 }
    this.#join(rule, pattern.branches)
    return rule
  }

  /** Adds a rule that was removed, in its old place. */
  restore(rule: Rule<Key>): void {
    this.#join(rule, branchesOf(rule).map(fieldsOf))
  }

  remove(key: Key): void {
    const rule = this.#rules.get(key)
    if (rule === undefined) return
    this.#forgetClasses()
    for (const branch of branchesOf(rule)) {
      this.#leave(branch)
      for (const need of branch.needs) {
        const { field } = need
        for (const probe of probesOf(need)) field.leave(probe)
        field.uses -= 1
        if (field.uses > 0) continue
        pruneNode(this.#root, field.path)
        this.#image = 'outdated'
      }
    }
    this.#rules.delete(key)
  }

  match(event: Uint8Array, names: Names): readonly Key[] {
    const image = this.#freshImage()
    const classes = this.#classes
    const isAsking = classes?.isAsking === true
    let code = image === undefined ? GIVES_UP : scanFast(event, image, names, isAsking)
    if (code >= 0) {
      classes!.noteKnown()
      return classes!.answers[code]!
    }
    if (code === NO_OBJECT) return NO_KEYS
    if (code === GIVES_UP) return this.#matchPlainly(event, names)
    takeNotes(scan, event, image!)
    classes?.noteUnknown()
    // Learning takes as long as an answer from the indexes: it pays only where what is learnt comes again.
    if (code === HAS_UNKNOWN) code = classes!.learn(scan, leaf) ? lookAgain() : UNASKED
    if (code >= 0) return classes!.answers[code]!
    scan.link(image!.fields)
    const answer = this.#answer()
    if (code === MISSES && classes!.isAlike(scan)) classes!.keep(answer, keepAnswer)
    return answer
  }

  #matchPlainly(event: Uint8Array, names: Names): readonly Key[] {
    const result = scan.scan(event, this.#root, { names })
    if (result === 'no object') return NO_KEYS
    if (result === 'repeats') {
      scan.scan(withoutRepeats(event), this.#root, { names: 'any', isRepeatFree: true })
    }
    return this.#answer()
  }

  /** The image as the rules are now, with classes once as many events came as there are rules. */
  #freshImage(): Image<Field> | undefined {
    if (this.#image === 'outdated') this.#image = createImage(this.#root)
    const image = this.#image
    if (image === undefined || (image.hasClasses && image.isLoaded)) return image
    this.#classes = undefined
    this.#unclassed += 1
    if (this.#unclassed <= this.#rules.size || !image.isLoaded) return image
    this.#classes = ValueClasses.create(this.#rules, image)
    this.#unclassed = this.#classes === undefined ? Number.NEGATIVE_INFINITY : 0
    return image
  }

  #forgetClasses(): void {
    this.#unclassed = 0
    this.#classes = undefined
    if (this.#image !== 'outdated') this.#image?.forgetClasses()
  }

  /** The keys of all rules that the scanned event matches. */
  #answer(): readonly Key[] {
    const { fields } = scan
    const { hits, matched } = found
    matched.count = 0
    hits.count = 0
    for (let index = 0; index < fields.count; index += 1) {
      fields.items[index]!.find(scan, leaf, found)
    }
    for (let index = 0; index < hits.count; index += 1) this.#wake(hits.items[index]!.waiting!)
    const always = this.#always
    for (let index = 0; index < always.length; index += 1) {
      if (isSatisfied(always[index]!)) this.#accept(always[index]!)
    }
    return matched.count === 0 ? NO_KEYS : this.#sortedKeys()
  }

  #sortedKeys(): readonly Key[] {
    const { items, count } = found.matched
    if (count > 1) sorting.sort(items, count)
    const keys = Array<Key>(count)
    for (let index = 0; index < count; index += 1) keys[index] = items[index]!.key as Key
    // Events that are alike share it.
    return Object.freeze(keys)
  }

  #join(rule: Rule<Key>, branches: readonly (readonly FieldConditions[])[]): void {
    this.#forgetClasses()
    const joined = branches.map((fields) => {
      const needs = fields.map((each) => this.#createNeed(each))
      putAnchorFirst(needs)
      const branch = new Branch(rule, needs)
      this.#settle(branch)
      return branch
    })
    rule.branches = joined.length === 1 ? joined[0]! : joined
    this.#rules.set(rule.key, rule)
  }

  #createNeed({ path, conditions }: FieldConditions): Need {
    const node = reachNode(this.#root, path)
    if (node.field === undefined) {
      node.field = new Field(path)
      this.#image = 'outdated'
    }
    const { field } = node
    field.uses += 1
    const [first] = conditions
    if (conditions.length === 1 && first!.kind !== 'absent') return field.join(first!)
    const present = conditions.filter(({ kind }) => kind !== 'absent')
    const isAbsentAllowed = present.length < conditions.length
    // Of conditions that are equal one is enough.
    const probes: Probe[] = []
    for (const condition of present) {
      const probe = field.join(condition)
      if (probes.includes(probe)) field.leave(probe)
      else probes.push(probe)
    }
    const [only] = probes
    if (only !== undefined && probes.length === 1 && !isAbsentAllowed) return only
    return new Choice(field, probes, isAbsentAllowed)
  }

  #settle(branch: Branch): void {
    const anchor = anchorOf(branch)
    if (anchor === undefined) {
      this.#always.push(branch)
      return
    }
    for (const probe of probesOf(anchor)) {
      const { waiting } = probe
      if (waiting === undefined) {
        probe.waiting = branch
        probe.field.listen(probe)
      } else if (waiting instanceof WaitList) waiting.add(branch)
      else {
        const list = new WaitList(anchor.field.alone)
        list.add(waiting)
        list.add(branch)
        probe.waiting = list
      }
    }
  }

  #leave(branch: Branch): void {
    const anchor = anchorOf(branch)
    if (anchor === undefined) {
      this.#always.splice(this.#always.indexOf(branch), 1)
      return
    }
    for (const probe of probesOf(anchor)) {
      const { waiting } = probe
      if (waiting instanceof WaitList) {
        waiting.remove(branch)
        if (waiting.size > 0) continue
      }
      probe.waiting = undefined
      probe.field.ignore(probe)
    }
  }

  #wake(waiting: Waiting): void {
    if (waiting instanceof WaitList) waiting.visit(this.#visit)
    else this.#verifyBranch(waiting)
  }

  #verifyBranch(branch: Branch): void {
    const { run } = scan
    // Several values may wake one branch, and several branches satisfy one rule. Of most only the branch is looked at.
    if (branch.verifiedIn === run) return
    branch.verifiedIn = run
    // What wakes a branch of one need is all that it asks for.
    if (branch.second === undefined || isSatisfied(branch)) this.#accept(branch)
  }

  #accept({ rule }: Branch): void {
    const { run } = scan
    if (rule.matchedIn === run) return
    rule.matchedIn = run
    found.matched.add(rule)
  }
}

function fieldsOf({ needs }: Branch): FieldConditions[] {
  return needs.map((need) => {
    const conditions = probesOf(need).map((probe): Condition => probe.condition)
    if (need instanceof Choice && need.isAbsentAllowed) conditions.push({ kind: 'absent' })
    return { path: need.field.path, conditions }
  })
}

function putAnchorFirst(needs: Need[]): void {
  if (needs.length === 1) return
  const anchor = chooseAnchor(needs)
  if (anchor === undefined) return
  needs[needs.indexOf(anchor)] = needs[0]!
  needs[0] = anchor
}

// The best told apart, and of those where the fewest wait. A crowd at the only exact value is left for a part of a
// text where there is more room.
function chooseAnchor(needs: readonly Need[]): Need | undefined {
  let exactCount = 0
  let lowest: Rank = WORST
  for (const need of needs) {
    if (!canAnchor(need)) continue
    const rank = rankOf(need)
    if (rank === EXACT) exactCount += 1
    else if (rank < lowest) lowest = rank
  }
  const other = leastCrowded(needs, lowest)
  const best = leastCrowded(needs, EXACT)
  if (best === undefined || other === undefined) return best ?? other
  const isCrowded = exactCount === 1 && waitingAt(best) > WAITING_UNSPLIT_MAX
  return isCrowded && lowest === 1 && waitingAt(other) * ROOMIER < waitingAt(best) ? other : best
}

function leastCrowded(needs: readonly Need[], rank: Rank): Need | undefined {
  let found: Need | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const need of needs) {
    if (!canAnchor(need) || rankOf(need) !== rank) continue
    const count = waitingAt(need)
    // Of two as empty the deeper field, which tells more apart as a rule: not a type or source, but what it holds.
    const isDeeper = count === fewest && need.field.path.length > found!.field.path.length
    if (count >= fewest && !isDeeper) continue
    found = need
    fewest = count
  }
  return found
}

function waitingAt(need: Need): number {
  let count = 0
  for (const { waiting } of probesOf(need)) {
    if (waiting !== undefined) count += waiting instanceof WaitList ? waiting.size : 1
  }
  return count
}

function isSatisfied(branch: Branch): boolean {
  const { first, second, rest } = branch
  // The first is the one that it waits at; what is not known yet stands behind.
  for (let index = rest.length - 1; index >= 0; index -= 1) {
    if (satisfying(rest[index]!) === undefined) return false
  }
  if (second !== undefined && satisfying(second) === undefined) return false
  if (satisfying(first) === undefined) return false
  return scan.elementCount === 0 || second === undefined || isSatisfiedInArrays(branch.needs)
}

const ABSENT = 'absent'

/** A probe of the need that the event hits, or that the field may be absent and is. */
function satisfying(need: Need): Probe | typeof ABSENT | undefined {
  if (need instanceof Probe) return isHit(need) ? need : undefined
  const { field, probes } = need
  if (field.scannedIn !== scan.run) return need.isAbsentAllowed ? ABSENT : undefined
  for (const probe of probes) if (isHit(probe)) return probe
  return undefined
}

function isHit(probe: Probe): boolean {
  const { run } = scan
  if (probe.hitIn === run) return true
  if (probe.isIndexed || probe.field.scannedIn !== run) return false
  const { rare } = probe
  if (rare.triedIn === run) return false
  rare.triedIn = run
  for (let index = probe.field.firstLeaf; index >= 0; index = nextLeaf(scan, index)) {
    leaf.moveTo(scan, index)
    if (!rare.test(leaf)) continue
    probe.hitIn = run
    probe.element = leaf.element
    return true
  }
  return false
}

const chosen: number[] = []
const inArrays: Need[] = []

/** Whether all needs, of which each is met, are met within the same elements. */
function isSatisfiedInArrays(needs: readonly Need[]): boolean {
  chosen.length = 0
  inArrays.length = 0
  for (const need of needs) {
    const probe = satisfying(need)!
    if (probe === ABSENT || probe.element < 0) continue
    chosen.push(probe.element)
    inArrays.push(need)
  }
  return chosen.length < 2 || areAllConsistent(chosen) || hasOtherChoice(inArrays)
}

function areAllConsistent(chosen: readonly number[]): boolean {
  return chosen.every((element, index) =>
    chosen.every((other, before) => before >= index || areConsistent(scan, element, other)),
  )
}

// The first accepted values do not lie together; perhaps others do.
function hasOtherChoice(needs: readonly Need[]): boolean {
  const candidates: number[][] = []
  for (const need of needs) {
    const { field } = need
    const probes = probesOf(need)
    const accepted: number[] = []
    let isOutside = false
    for (let index = field.firstLeaf; index >= 0 && !isOutside; index = nextLeaf(scan, index)) {
      leaf.moveTo(scan, index)
      if (!probes.some(({ rare }) => rare.test(leaf))) continue
      accepted.push(leaf.element)
      // What is accepted outside every array goes with every choice.
      isOutside = leaf.element < 0
    }
    if (!isOutside) candidates.push(accepted)
  }
  return hasConsistentChoice(scan, candidates)
}
