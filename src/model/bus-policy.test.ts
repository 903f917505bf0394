import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgePolicy, type PolicyDecision, type PolicyStatement } from './bus-policy.ts'

const BUS = 'arn:aws:events:us-east-1:111111111111:event-bus/shop'
const ALLOW: PolicyStatement = {
  Sid: 'a',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::222222222222:root' },
  Action: 'events:PutEvents',
  Resource: BUS,
}

function judge(
  statements: readonly PolicyStatement[],
  account = '222222222222',
  context: Record<string, string> = {},
): PolicyDecision {
  return judgePolicy(statements, { action: 'events:PutEvents', resource: BUS, account, context })
}

test('who is named is let in, and nobody else', () => {
  assert.equal(judge([ALLOW]), 'allow')
  assert.equal(judge([ALLOW], '333333333333'), 'silent')
  assert.equal(judge([]), 'silent')
})

for (const principal of [
  '*',
  { AWS: '*' },
  { AWS: '222222222222' },
  { AWS: ['333333333333', 'arn:aws:iam::222222222222:role/any'] },
]) {
  test(`\`${JSON.stringify(principal)}\` names account 222222222222`, () => {
    assert.equal(judge([{ ...ALLOW, Principal: principal }]), 'allow')
  })
}

test('a service, an account in part, and no principal at all name nobody', () => {
  for (const principal of [{ Service: 'events.amazonaws.com' }, { AWS: '2222' }, undefined, 7]) {
    assert.equal(judge([{ ...ALLOW, Principal: principal }]), 'silent')
  }
})

test('actions and resources may have wildcards', () => {
  for (const Action of ['events:*', '*', 'EVENTS:putevents', ['a:b', 'events:Put?vents']])
    assert.equal(judge([{ ...ALLOW, Action }]), 'allow', String(Action))
  for (const Action of ['events:PutRule', 'events:PutEvent', '', []])
    assert.equal(judge([{ ...ALLOW, Action }]), 'silent', String(Action))
  for (const Resource of ['*', `${BUS}*`, 'arn:aws:events:*:111111111111:event-bus/*', [BUS]])
    assert.equal(judge([{ ...ALLOW, Resource }]), 'allow', String(Resource))
  assert.equal(judge([{ ...ALLOW, Resource: `${BUS}s` }]), 'silent')
})

test('a denial beats every permission, wherever it stands', () => {
  const deny = { ...ALLOW, Effect: 'Deny', Principal: '*' }
  assert.equal(judge([deny, ALLOW]), 'deny')
  assert.equal(judge([ALLOW, deny]), 'deny')
})

const CONTEXT = { 'aws:principalorgid': 'o-1', 'events:source': 'shop' }
for (const [condition, isMet] of [
  [{ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }, true],
  [{ StringEquals: { 'aws:PrincipalOrgID': ['o-2', 'o-1'] } }, true],
  [{ StringEquals: { 'aws:PrincipalOrgID': 'o-2' } }, false],
  [{ StringEquals: { 'aws:PrincipalOrgID': 'o-1', 'events:source': 'other' } }, false],
  [{ StringNotEquals: { 'aws:PrincipalOrgID': 'o-2' } }, true],
  [{ StringNotEquals: { 'aws:SourceVpc': 'v' } }, true],
  [{ StringEquals: { 'aws:SourceVpc': 'v' } }, false],
  [{ StringEqualsIfExists: { 'aws:SourceVpc': 'v' } }, true],
  [{ StringLike: { 'events:source': 'sh*' } }, true],
  [{ StringNotLike: { 'events:source': 'sh*' } }, false],
  [{ StringEqualsIgnoreCase: { 'events:source': 'SHOP' } }, true],
  [{ 'ForAnyValue:StringEquals': { 'events:source': 'shop' } }, true],
  [{ Null: { 'aws:SourceVpc': 'true' } }, true],
  [{ Null: { 'events:source': 'true' } }, false],
] as const) {
  test(`\`${JSON.stringify(condition)}\` is ${isMet ? 'met' : 'not met'}`, () => {
    const statement = { ...ALLOW, Condition: condition }
    assert.equal(judge([statement], '222222222222', CONTEXT), isMet ? 'allow' : 'silent')
  })
}

test('what is not understood lets nobody in: no permission by it, and no way around a denial', () => {
  for (const unknown of [
    { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
    { Condition: { StringEquals: 7 } },
    { Condition: 'x' },
    { NotAction: 'a:b' },
  ]) {
    assert.equal(judge([{ ...ALLOW, ...unknown }]), 'silent', JSON.stringify(unknown))
    assert.equal(judge([{ ...ALLOW, ...unknown, Effect: 'Deny' }]), 'deny', JSON.stringify(unknown))
  }
  const { Action: _, ...without } = ALLOW
  assert.equal(judge([{ ...without, NotAction: 'a:b', Effect: 'Deny' }]), 'deny')
})

test('a pattern full of stars takes no long time', () => {
  const Action = `${'*a'.repeat(500)}b`
  const request = { action: 'a'.repeat(5000), resource: BUS, account: '1', context: {} }
  assert.equal(judgePolicy([{ ...ALLOW, Principal: '*', Action }], request), 'silent')
})
