import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  compactRules,
  formatRule,
  missingRights,
  type PolicyRule,
  ruleAllows,
} from './policy-rule.ts'

const some = (...words: readonly string[]) => fc.subarray([...words], { minLength: 1 })
const ruleArbitrary: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc.record({
    verbs: some('get', 'list', 'create', '*'),
    apiGroups: some('', 'batch', '*'),
    resources: some('pods', 'pods/log', 'jobs', '*/log', '*'),
    resourceNames: fc.subarray(['x', 'y']),
    nonResourceURLs: fc.constant([]),
  }),
  fc.record({
    verbs: some('get', 'post', '*'),
    apiGroups: fc.constant([]),
    resources: fc.constant([]),
    resourceNames: fc.constant([]),
    nonResourceURLs: some('/a', '/a/*', '/a/b*', '*'),
  }),
)
const rulesArbitrary = fc.array(ruleArbitrary, { maxLength: 4 })
const wantedArbitrary = fc.oneof(
  fc.record({
    verb: fc.constantFrom('get', 'list', 'create', 'delete'),
    group: fc.constantFrom('', 'batch', 'apps'),
    resource: fc.constantFrom('pods', 'jobs'),
    subresource: fc.constantFrom('', 'log', 'status'),
    name: fc.constantFrom('', 'x', 'y', 'z'),
  }),
  fc.record({
    verb: fc.constantFrom('get', 'post', 'put'),
    path: fc.constantFrom('/a', '/a/', '/a/b', '/a/bc', '/c'),
  }),
)

test('who holds all that is wanted may do all that it allows', () => {
  let covered = 0
  fc.assert(
    fc.property(rulesArbitrary, rulesArbitrary, wantedArbitrary, (held, wanted, question) => {
      if (missingRights(held, wanted).length > 0) return
      covered += 1
      const isWanted = wanted.some((rule) => ruleAllows(rule, question))
      assert.ok(!isWanted || held.some((rule) => ruleAllows(rule, question)))
    }),
    { numRuns: 5000 },
  )
  assert.ok(covered > 100, `${covered} were covered`)
})

test('everybody holds what he holds, and with what is missing all of it', () => {
  fc.assert(
    fc.property(rulesArbitrary, rulesArbitrary, (held, wanted) => {
      assert.deepEqual(missingRights(held, held), [])
      const missing = missingRights(held, wanted)
      assert.deepEqual(missingRights([...held, ...missing], wanted), [])
      assert.deepEqual(missingRights(compactRules(missing), missing), [])
    }),
  )
})

test('a rule is printed as Kubernetes prints it', () => {
  const none = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] }
  assert.equal(
    formatRule({
      ...none,
      apiGroups: ['', 'apps'],
      resources: ['x'],
      resourceNames: ['n'],
      verbs: ['get'],
    }),
    '{APIGroups:["" "apps"], Resources:["x"], ResourceNames:["n"], Verbs:["get"]}',
  )
  assert.equal(
    formatRule({ ...none, nonResourceURLs: ['/a'], verbs: ['get', 'post'] }),
    '{NonResourceURLs:["/a"], Verbs:["get" "post"]}',
  )
})
