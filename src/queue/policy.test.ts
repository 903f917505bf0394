import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { addPermission, removePermission } from './policy.ts'

const ARN = 'arn:aws:sqs:us-east-1:000000000000:orders'
const PERMISSION = { label: 'one', accounts: ['111111111111'], actions: ['SendMessage'] }

function refused(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (isAppError(error)) return `${String(error.details['awsCode'])}: ${error.message}`
    throw error
  }
  return 'not refused'
}

test('a permission is a statement of the policy, and the first makes the policy', () => {
  assert.deepEqual(JSON.parse(addPermission(undefined, ARN, PERMISSION)), {
    Version: '2008-10-17',
    Id: `${ARN}/SQSDefaultPolicy`,
    Statement: [
      {
        Sid: 'one',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111111111111:root' },
        Action: 'SQS:SendMessage',
        Resource: ARN,
      },
    ],
  })
})

test('several accounts and actions are lists, and what a policy held already stays', () => {
  const own = JSON.stringify({ Version: '2012-10-17', Statement: { Sid: 'own', Effect: 'Deny' } })
  const accounts = ['111111111111', '222222222222']
  const permission = { label: 'two', accounts, actions: ['SendMessage', 'ReceiveMessage'] }
  const policy = JSON.parse(addPermission(own, ARN, permission)) as Record<string, unknown>
  assert.equal(policy['Version'], '2012-10-17')
  const [first, second] = policy['Statement'] as Record<string, unknown>[]
  assert.deepEqual(first, { Sid: 'own', Effect: 'Deny' })
  assert.deepEqual(second!['Principal'], {
    AWS: ['arn:aws:iam::111111111111:root', 'arn:aws:iam::222222222222:root'],
  })
  assert.deepEqual(second!['Action'], ['SQS:SendMessage', 'SQS:ReceiveMessage'])
})

test('removing the last statement leaves no policy', () => {
  const one = addPermission(undefined, ARN, PERMISSION)
  const two = addPermission(one, ARN, { ...PERMISSION, label: 'two' })
  assert.equal(removePermission(two, ARN, 'two'), one)
  assert.equal(removePermission(one, ARN, 'one'), '')
})

test('what SQS refuses is refused in its words', () => {
  const one = addPermission(undefined, ARN, PERMISSION)
  const add = (change: Partial<typeof PERMISSION>): string =>
    refused(() => addPermission(one, ARN, { ...PERMISSION, label: 'two', ...change }))
  assert.equal(
    add({ label: 'one' }),
    'InvalidParameterValue: Value one for parameter Label is invalid. Reason: Already exists.',
  )
  assert.match(add({ label: 'a b' }), /^InvalidParameterValue: Value a b for parameter Label/)
  assert.match(add({ actions: [] }), /^MissingParameter: .*Actions/)
  assert.equal(
    add({ actions: Array.from({ length: 8 }, () => 'SendMessage') }),
    'OverLimit: 8 Actions were found, maximum allowed is 7.',
  )
  assert.equal(
    add({ actions: ['DeleteQueue'] }),
    'InvalidParameterValue: Value SQS:DeleteQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.',
  )
  assert.equal(
    add({ accounts: ['me'] }),
    'InvalidParameterValue: Value [me] for parameter PrincipalId is invalid. Reason: Unable to verify.',
  )
  assert.equal(
    refused(() => removePermission(one, ARN, 'two')),
    "InvalidParameterValue: Value two for parameter Label is invalid. Reason: can't find label on existing policy.",
  )
  let full = one
  for (let index = 1; index < 20; index += 1) {
    full = addPermission(full, ARN, { ...PERMISSION, label: `l${index}` })
  }
  assert.match(
    refused(() => addPermission(full, ARN, { ...PERMISSION, label: 'x' })),
    /^OverLimit/,
  )
})
