import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { busArn, functionArn, parseArn, queueArn, ruleArn } from './arn.ts'
import { deliveryId } from './delivery.ts'
import { accountOf, decodeName, encodeName, namespaceOf } from './names.ts'

// RFC 1123, as Kubernetes reads it for metadata.name.
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const scope = { account: '123456789012', region: 'eu-west-1' }

test('a plain name is nearly itself, so that people know it again', () => {
  assert.equal(encodeName(['us-east-1', 'default', 'orders']), 'us-east-1.default.orders')
  assert.equal(encodeName(['Orders_v2.zip']), 'z4frdersz5fv2z2ezzip')
})

test('whatever AWS allows in a name becomes a subdomain, and comes back from it', () => {
  const part = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9._/-]{1,30}$/),
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 5 })
      .filter((text) => text.isWellFormed()),
  )
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
      const name = encodeName(parts)
      assert.match(name, SUBDOMAIN)
      assert.ok(name.length <= 253)
      if (!name.includes('zx')) assert.deepEqual(decodeName(name), parts)
    }),
  )
})

test('a name that is too long is shortened to one of its own, which is not decoded', () => {
  for (const filler of ['A', 'z', 'a-', 'zA']) {
    for (let length = 180; length < 230; length += 1) {
      const parts = ['us-east-1', filler.repeat(length)]
      const name = encodeName([...parts, 'a'])
      if (name.length < 200) continue
      assert.match(name, SUBDOMAIN)
      assert.ok(name.length <= 253)
      assert.notEqual(name, encodeName([...parts, 'b']))
      if (name.includes('zx')) assert.equal(decodeName(name), undefined, name)
    }
  }
})

test('a name that nobody encoded is refused', () => {
  for (const name of ['z', 'az', 'zgg', 'a.z4']) assert.equal(decodeName(name), undefined, name)
})

test('the default account is the default namespace, every other one its own', () => {
  assert.equal(namespaceOf('000000000000'), 'default')
  assert.equal(accountOf('default'), '000000000000')
  assert.equal(accountOf(namespaceOf('123456789012')), '123456789012')
})

test('an ARN is taken apart at its first five colons', () => {
  assert.deepEqual(parseArn('arn:aws:lambda:eu-west-1:123456789012:function:f:1'), {
    partition: 'aws',
    service: 'lambda',
    region: 'eu-west-1',
    account: '123456789012',
    resource: 'function:f:1',
  })
  for (const text of [
    '',
    'arn',
    'arn:aws:sqs:eu-west-1:1',
    'urn:aws:sqs:r:a:q',
    'https://x:1:2:3:4',
  ]) {
    assert.equal(parseArn(text), undefined, text)
  }
})

test('ARNs are put together as AWS writes them', () => {
  assert.equal(busArn(scope, 'shop'), 'arn:aws:events:eu-west-1:123456789012:event-bus/shop')
  assert.equal(ruleArn(scope, 'default', 'r'), 'arn:aws:events:eu-west-1:123456789012:rule/r')
  assert.equal(ruleArn(scope, 'shop', 'r'), 'arn:aws:events:eu-west-1:123456789012:rule/shop/r')
  assert.equal(queueArn(scope, 'q'), 'arn:aws:sqs:eu-west-1:123456789012:q')
  assert.equal(functionArn(scope, 'f'), 'arn:aws:lambda:eu-west-1:123456789012:function:f')
})

test('a delivery is named by its position, rule and target', () => {
  const rule = { key: 'uid', name: 'r', arn: '', busKey: '', pattern: '{}', targets: [] }
  const place = { partition: 2, offset: 7, timestamp: 0, record: Buffer.alloc(0) }
  const target = { id: 't', address: '' }
  assert.equal(deliveryId({ ...place, event: undefined as never, rule, target }), '2:7/uid/t')
})
