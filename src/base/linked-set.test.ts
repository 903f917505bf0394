import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as assertProperty, nat, property, tuple } from 'fast-check'
import { type Linked, LinkedSet } from './linked-set.ts'

interface Member extends Linked<Member> {
  readonly name: number
}

function createMember(name: number): Member {
  return { name, next: undefined, previous: undefined, isLinked: false }
}

test('it does what a Set does, in the same order', () => {
  assertProperty(
    property(array(tuple(nat(9), nat(1)), { maxLength: 60 }), (steps) => {
      const members = Array.from({ length: 10 }, (_, name) => createMember(name))
      const linked = new LinkedSet<Member>()
      const set = new Set<Member>()
      for (const [name, isAdding] of steps) {
        const member = members[name]!
        if (isAdding === 0) assert.equal(linked.delete(member), set.delete(member))
        else if (!set.has(member)) {
          linked.add(member)
          set.add(member)
        }
        assert.deepEqual(namesOf(linked.toArray()), namesOf([...set]))
        assert.deepEqual([linked.size, linked.first?.name], [set.size, [...set][0]?.name])
      }
    }),
  )
})

test('what has left points to nothing', () => {
  const set = new LinkedSet<Member>()
  const members = [1, 2, 3].map((name) => createMember(name))
  for (const member of members) set.add(member)
  set.delete(members[1]!)
  assert.deepEqual(members[1], createMember(2))
})

test('a member is added once', () => {
  const set = new LinkedSet<Member>()
  const member = createMember(1)
  set.add(member)
  assert.throws(() => set.add(member), /in no set/)
})

function namesOf(members: readonly Member[]): number[] {
  return members.map(({ name }) => name)
}
