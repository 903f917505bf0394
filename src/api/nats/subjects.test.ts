import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLiteral, isSubscribable, SubjectTree } from './subjects.ts'

test('a tree finds whom a subject by subject comparison finds, also after some left', () => {
  const word = fc.constantFrom('a', 'b', 'c')
  const pattern = fc
    .tuple(fc.array(fc.oneof(word, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([words, isOpen]) => [...words, ...(isOpen ? ['>'] : [])].join('.'))
  const subject = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join('.'))
  const property = fc.property(
    fc.array(pattern, { maxLength: 12 }),
    fc.array(subject, { minLength: 1, maxLength: 6 }),
    (patterns, subjects) => {
      const tree = new SubjectTree<number>()
      for (const [index, each] of patterns.entries()) tree.add(each, index)
      const left = patterns.map((_, index) => index).filter((index) => index % 3 !== 0)
      for (const [index, each] of patterns.entries()) if (index % 3 === 0) tree.remove(each, index)
      for (const each of subjects) {
        const expected = left.filter((index) => toRegExp(patterns[index]!).test(each))
        assert.deepEqual(
          [...tree.match(each)].sort((one, other) => one - other),
          expected,
        )
      }
    },
  )
  fc.assert(property, { numRuns: 500 })
})

function toRegExp(pattern: string): RegExp {
  const words = pattern.split('.').map((word) => {
    if (word === '*') return '[^.]+'
    return word === '>' ? '.+' : word
  })
  return new RegExp(`^${words.join('\\.')}$`)
}

test('a subject is words between dots, with wildcards where they may stand', () => {
  assert.deepEqual(['a', 'a.b', '*.b', 'a.>', '>'].map(isSubscribable), Array(5).fill(true))
  assert.deepEqual(['', '.a', 'a.', 'a..b', 'a.>.b'].map(isSubscribable), Array(5).fill(false))
  assert.deepEqual(['a', 'a.b*'].map(isLiteral), [true, true])
  assert.deepEqual(['a.*', '>', 'a..b', ''].map(isLiteral), Array(4).fill(false))
})
