import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAppError, seededRandom, systemRandom } from '../base/index.ts'
import { createKey, createKeyring } from './keyring.ts'

const OLD = createKey(seededRandom(1).bytes(32))
const NEW = createKey(seededRandom(2).bytes(32))

function isUnreadable(error: unknown): boolean {
  return isAppError(error, 'SECRET_UNREADABLE')
}

test('what is sealed opens again, for its purpose alone', () => {
  const ring = createKeyring([NEW], systemRandom)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, purpose) => {
      fc.pre(text.isWellFormed())
      const sealed = ring.seal(text, purpose)
      assert.equal(ring.open(sealed, purpose), text)
      assert.throws(() => ring.open(sealed, `${purpose}.`), isUnreadable)
    }),
  )
})

test('the sealed text holds nothing of the secret, and is never the same twice', () => {
  const ring = createKeyring([NEW], systemRandom)
  const sealed = ring.seal('swordfish-swordfish', 'a')
  assert.ok(!Buffer.from(sealed.split('.')[2]!, 'base64url').toString('latin1').includes('sword'))
  assert.notEqual(sealed, ring.seal('swordfish-swordfish', 'a'))
})

test('one changed character anywhere is noticed', () => {
  const ring = createKeyring([NEW], seededRandom(3))
  const sealed = ring.seal('{"password":"secret"}', 'a')
  for (let at = 0; at < sealed.length - 1; at += 1) {
    const other = sealed[at] === 'A' ? 'B' : 'A'
    const changed = sealed.slice(0, at) + other + sealed.slice(at + 1)
    assert.throws(() => ring.open(changed, 'a'), isUnreadable, `at ${at}`)
  }
  for (const text of ['', 'sb1', 'sb1..', sealed.slice(0, 30), sealed.slice(0, -6)])
    assert.throws(() => ring.open(text, 'a'), isUnreadable, text)
})

test('a new key seals from now on, and the old one still opens what it sealed', () => {
  const before = createKeyring([OLD], systemRandom)
  const sealed = before.seal('secret', 'a')
  const after = createKeyring([NEW, OLD], systemRandom)
  assert.equal(after.open(sealed, 'a'), 'secret')
  assert.equal(after.isCurrent(sealed), false)
  const again = after.seal('secret', 'a')
  assert.equal(after.isCurrent(again), true)
  assert.throws(() => before.open(again, 'a'), isUnreadable)
})

test('what was sealed with a key that is gone says which', () => {
  const sealed = createKeyring([OLD], systemRandom).seal('secret', 'a')
  assert.throws(
    () => createKeyring([NEW], systemRandom).open(sealed, 'a'),
    (error) => isUnreadable(error) && (error as Error).message.includes(OLD.id),
  )
})

test('a secret beyond the maximum is refused, not cut', () => {
  const ring = createKeyring([NEW], systemRandom)
  assert.throws(
    () => ring.seal('x'.repeat(3_200_000), 'a'),
    (error) => isAppError(error, 'RESOURCE_INVALID'),
  )
})
