// That work grows with what an event touches and a change with its rule, neither with how many rules there are. What
// is counted are looks at rules and conditions and at bytes, as a clock says little on a machine that others use.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Branch, branchesOf, probesOf, type Rule } from './branch.ts'
import { ELEMENT_WORDS, hasConsistentChoice } from './consistency.ts'
import { Machine } from './machine.ts'
import { parsePattern } from './pattern.ts'
import type { Probe } from './probe.ts'
import { compileWildcard, parseWildcard } from './wildcard.ts'

const FEW = 500
const MANY = 8000

/** Patterns of which the event below touches none, by their number. */
const UNTOUCHED: Readonly<Record<string, (index: number) => unknown>> = {
  'an exact value': (index) => ({ customer: [`customer-${index}`] }),
  'an exact value beside one that all have': (index) => ({
    source: ['shop'],
    customer: [`customer-${index}`],
  }),
  'two values, each of which many have': (index) => ({
    source: ['shop'],
    state: [`state-${index % 20}`],
    place: [`place-${Math.floor(index / 20)}`],
  }),
  'a number': (index) => ({ total: [index + 1000] }),
  'a prefix': (index) => ({ file: [{ prefix: `folder-${index}/` }] }),
  'a suffix': (index) => ({ file: [{ suffix: `-${index}.png` }] }),
  'a text whatever its case': (index) => ({ file: [{ 'equals-ignore-case': `File-${index}` }] }),
  'a wildcard': (index) => ({ file: [{ wildcard: `hall-*/${index + 10_000}/shelf-*` }] }),
  'a range beside exact values': (index) => ({
    source: ['shop'],
    state: ['placed'],
    total: [{ numeric: ['>', index + 1000, '<=', index + 1001] }],
  }),
  'anything but something beside an exact value': (index) => ({
    customer: [`customer-${index}`],
    state: [{ 'anything-but': [`state-${index % 7}`] }],
  }),
  'an $or': (index) => ({
    $or: [{ customer: [`customer-${index}`] }, { file: [{ prefix: `folder-${index}/` }] }],
  }),
}

const EVENT = Buffer.from(
  JSON.stringify({
    source: 'shop',
    customer: 'nobody',
    state: 'placed',
    place: 'none',
    total: 7,
    file: 'hall-1/09999/shelf-7.pdf',
  }),
)
const TOUCHED = [{ source: ['shop'], total: [7] }, { file: [{ suffix: '.pdf' }] }]

interface Grown {
  readonly machine: Machine<string>
  readonly rules: readonly Rule<string>[]
}

function grow(count: number, patternOf: (index: number) => unknown): Grown {
  const machine = new Machine<string>()
  const patterns = Array.from({ length: count }, (_, index) => patternOf(index))
  const rules = [...TOUCHED, ...patterns].map((pattern, index) =>
    machine.create(`rule-${index}`, parsePattern(JSON.stringify(pattern))),
  )
  return { machine, rules }
}

/** Counts, from now on, how often a branch or a probe of these rules is looked at. */
function countLooks(rules: readonly Rule<string>[]): { looks: number } {
  const counter = { looks: 0 }
  const watched = new Set<Branch | Probe>()
  for (const branch of rules.flatMap((rule) => branchesOf(rule))) {
    watched.add(branch)
    for (const probe of branch.needs.flatMap((need) => probesOf(need))) watched.add(probe)
  }
  // Whoever considers a branch asks for its rule; whoever considers a condition, whether it was hit or who waits.
  for (const each of watched) watch(each, 'needs' in each ? ['verifiedIn'] : ['hitIn', 'waiting'])
  return counter

  function watch(object: object, names: readonly string[]): void {
    for (const name of names) {
      let value: unknown = Reflect.get(object, name)
      Object.defineProperty(object, name, {
        get: () => {
          counter.looks += 1
          return value
        },
        set: (next: unknown) => {
          value = next
        },
      })
    }
  }
}

function looksOfMatch(count: number, patternOf: (index: number) => unknown): number {
  const { machine, rules } = grow(count, patternOf)
  assert.deepEqual(machine.match(EVENT, 'any'), ['rule-0', 'rule-1'])
  const counter = countLooks(rules)
  assert.deepEqual(machine.match(EVENT, 'any'), ['rule-0', 'rule-1'])
  return counter.looks
}

for (const [name, patternOf] of Object.entries(UNTOUCHED)) {
  test(`an event looks at as much among many rules as among few: ${name}`, () => {
    const few = looksOfMatch(FEW, patternOf)
    const many = looksOfMatch(MANY, patternOf)
    assert.ok(few > 0, 'nothing was counted')
    assert.ok(many <= few + 4, `${few} looks among ${FEW} rules, ${many} among ${MANY}`)
  })
}

test('what is counted does grow where an event touches all rules', () => {
  const few = looksAtAll(FEW)
  const many = looksAtAll(MANY)
  assert.ok(many > few * 8, `${few} looks among ${FEW} rules, ${many} among ${MANY}`)
})

function looksAtAll(count: number): number {
  const { machine, rules } = grow(count, (index) => ({ source: ['shop', `s${index}`] }))
  const counter = countLooks(rules)
  assert.equal(machine.match(EVENT, 'any').length, count + TOUCHED.length)
  return counter.looks
}

const MIXED = Object.values(UNTOUCHED)

function mixed(index: number): unknown {
  return MIXED[index % MIXED.length]!(index)
}

test('a rule joins and leaves without a look at more of the others, however many there are', () => {
  const [few, many] = [FEW, MANY].map((count) => {
    const { machine, rules } = grow(count, mixed)
    machine.match(EVENT, 'any')
    const counter = countLooks(rules)
    const looks = MIXED.map((_, index) => {
      const before = counter.looks
      const pattern = parsePattern(JSON.stringify(mixed(count + index)))
      machine.create('joined', pattern)
      machine.remove('joined')
      return counter.looks - before
    })
    return Math.max(...looks)
  })
  assert.ok(many! <= few! + 4, `${few} looks among ${FEW} rules, ${many} among ${MANY}`)
})

test('a rule that joins or leaves leaves all that belongs to others as it was', () => {
  const { machine, rules } = grow(FEW, mixed)
  const before = rules.map(({ branches }) => branches)
  const needs = rules.map((rule) => branchesOf(rule).map((branch) => [...branch.needs]))
  for (const [index, patternOf] of MIXED.entries()) {
    machine.create('joined', parsePattern(JSON.stringify(patternOf(FEW + index))))
    machine.remove(index % 2 === 0 ? 'joined' : `rule-${TOUCHED.length + index}`)
  }
  for (const [index, rule] of rules.entries()) {
    if (machine.get(rule.key) === undefined) continue
    assert.equal(machine.get(rule.key), rule)
    assert.equal(rule.branches, before[index])
    for (const [at, branch] of branchesOf(rule).entries()) {
      assert.ok(branch.needs.every((need, place) => need === needs[index]![at]![place]))
    }
  }
  assert.deepEqual(machine.match(EVENT, 'any'), ['rule-0', 'rule-1'])
})

test('a wildcard reads each byte of a value a bounded number of times, whatever it repeats', () => {
  for (const text of ['*a*a*a*b', '*abababac*', 'a*a*aaab', '*aaaaaaab*aaaaaaab*', 'a*ab*ab*b']) {
    const pieces = parseWildcard(text)
    assert.ok(!('fault' in pieces))
    const matches = compileWildcard(pieces)
    const [short, long] = [1000, 16_000].map((length) => {
      const value = Buffer.from(`${'a'.repeat(length - 4)}babb`)
      let reads = 0
      const bytes = new Proxy(value, {
        get: (target, key) => {
          if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1
          const found: unknown = Reflect.get(target, key, target)
          return found
        },
      })
      matches({ bytes, start: 0, end: value.length })
      return reads
    })
    assert.ok(long! <= 16_000 * 3, `${text} read ${long} bytes of 16,000`)
    assert.ok(long! <= short! * 17, `${text} read ${short} bytes of 1,000, ${long} of 16,000`)
  }
})

/** Elements as `consistency.ts` has them: the array, the element around it, and how many lie around. */
type Element = readonly [array: number, parent: number, depth: number]

/** One array whose elements have one of two fields each. */
function flatArray(count: number): Nested {
  const elements = Array.from({ length: count }, (): Element => [0, -1, 0])
  const all = elements.map((_, index) => index)
  return {
    elements,
    candidates: [all.filter((index) => index % 2 === 0), all.filter((index) => index % 2 === 1)],
  }
}

/** One array of elements that each hold an array of two: a field in the first of those, one in the second, one around. */
function arrayOfArrays(count: number): Nested {
  const elements: Element[] = []
  const candidates: [number[], number[], number[]] = [[], [], []]
  for (let each = 0; each < count; each += 1) {
    const around = elements.push([0, -1, 0]) - 1
    candidates[0].push(elements.push([each + 1, around, 1]) - 1)
    candidates[1].push(elements.push([each + 1, around, 1]) - 1)
    candidates[2].push(around)
  }
  return { elements, candidates }
}

interface Nested {
  readonly elements: readonly Element[]
  readonly candidates: readonly (readonly number[])[]
}

function readsOf({ elements, candidates }: Nested): number {
  let reads = 0
  const counted = new Proxy(Int32Array.from(elements.flat()), {
    get: (target, key) => {
      reads += 1
      const found: unknown = Reflect.get(target, key, target)
      return found
    },
  })
  assert.equal(hasConsistentChoice({ elements: counted }, candidates), false)
  return reads
}

for (const [name, make] of Object.entries({ flatArray, arrayOfArrays })) {
  test(`array consistency looks at each element a bounded number of times: ${name}`, () => {
    const few = readsOf(make(FEW))
    const many = readsOf(make(MANY))
    const perElement = many / (make(MANY).elements.length * ELEMENT_WORDS)
    assert.ok(perElement < 8, `${many} reads among ${MANY} elements`)
    assert.ok(many <= few * (MANY / FEW) * 1.1, `${few} reads among ${FEW}, ${many} among ${MANY}`)
  })
}
