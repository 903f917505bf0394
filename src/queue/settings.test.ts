import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import {
  allowsRedriveFrom,
  checkAttributes,
  mergeAttributes,
  parseRedrivePolicy,
  parseSettings,
} from './settings.ts'
import { queueResource } from './testing.ts'

function refusal(attributes: Record<string, string>, fifo = false): string | undefined {
  try {
    checkAttributes(attributes, fifo)
    return undefined
  } catch (error) {
    assert.ok(isAppError(error))
    return `${String(error.details['awsCode'])}: ${error.message}`
  }
}

test('a queue without attributes has the defaults of SQS', () => {
  assert.deepEqual(parseSettings(queueResource().spec), {
    visibilityTimeoutMs: 30_000,
    delayMs: 0,
    messageSizeBytesMax: 1_048_576,
    retentionMs: 345_600_000,
    waitMs: 0,
    contentBasedDeduplication: false,
    deduplicationPerGroup: false,
  })
})

test('numbers are taken at both ends of their range and refused beyond', () => {
  for (const [name, min, max] of [
    ['VisibilityTimeout', 0, 43_200],
    ['DelaySeconds', 0, 900],
    ['MaximumMessageSize', 1024, 1_048_576],
    ['MessageRetentionPeriod', 60, 1_209_600],
    ['ReceiveMessageWaitTimeSeconds', 0, 20],
  ] as const) {
    assert.equal(refusal({ [name]: String(min) }), undefined)
    assert.equal(refusal({ [name]: String(max) }), undefined)
    for (const bad of [String(min - 1), String(max + 1), 'ten', '', '1.5']) {
      assert.equal(
        refusal({ [name]: bad }),
        `InvalidAttributeValue: Invalid value for the parameter ${name}.`,
      )
    }
  }
})

test('names that are not attributes, or only of the other type of queue, are refused', () => {
  assert.equal(refusal({ Colour: 'red' }), 'InvalidAttributeName: Unknown Attribute Colour.')
  assert.equal(refusal({ QueueArn: 'x' }), 'InvalidAttributeName: Unknown Attribute QueueArn.')
  assert.equal(
    refusal({ ContentBasedDeduplication: 'true' }),
    'InvalidAttributeName: Unknown Attribute ContentBasedDeduplication.',
  )
  assert.equal(
    refusal({ FifoThroughputLimit: 'perQueue' }),
    'InvalidAttributeName: You can specify the FifoThroughputLimit only when FifoQueue is set to true.',
  )
  assert.equal(refusal({ FifoThroughputLimit: 'perQueue' }, true), undefined)
  assert.equal(
    refusal({ FifoQueue: 'false' }, true),
    'InvalidAttributeValue: Invalid value for the parameter FifoQueue.',
  )
})

test('a redrive policy needs a queue and a count from 1 to 1000, as a number or as text', () => {
  for (const count of [1, '1', 1000, '1000']) {
    assert.equal(refusal({ RedrivePolicy: policy(count) }), undefined)
    assert.equal(parseRedrivePolicy(policy(count))?.receiveCountMax, Number(count))
  }
  assert.match(refusal({ RedrivePolicy: policy(0) })!, /valid values are from 1 to 1000/)
  assert.match(refusal({ RedrivePolicy: policy('many') })!, /Invalid value for maxReceiveCount/)
  assert.match(refusal({ RedrivePolicy: '{}' })!, /mandatory attribute: deadLetterTargetArn/)
  assert.match(refusal({ RedrivePolicy: 'x' })!, /not a valid JSON map/)
})

test('an attribute set to nothing goes, where SQS lets it', () => {
  assert.equal(refusal({ RedrivePolicy: '' }), undefined)
  assert.deepEqual(
    mergeAttributes({ RedrivePolicy: '{}', DelaySeconds: '1' }, { RedrivePolicy: '', Policy: '' }),
    { DelaySeconds: '1' },
  )
})

test('a dead-letter queue says who may use it', () => {
  assert.equal(allowsRedriveFrom(undefined, 'source'), true)
  assert.equal(allow({ redrivePermission: 'allowAll' }), true)
  assert.equal(allow({ redrivePermission: 'denyAll' }), false)
  assert.equal(allow({ redrivePermission: 'byQueue', sourceQueueArns: ['source'] }), true)
  assert.equal(allow({ redrivePermission: 'byQueue', sourceQueueArns: ['other'] }), false)
})

function policy(count: unknown): string {
  return JSON.stringify({ deadLetterTargetArn: 'arn', maxReceiveCount: count })
}

function allow(document: object): boolean {
  return allowsRedriveFrom(JSON.stringify(document), 'source')
}
