import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePipeTemplate, splitArray, textAt, type PipeContext } from './pipe-template.ts'

const CONTEXT: PipeContext = {
  pipeArn: 'arn:aws:pipes:us-east-1:000000000000:pipe/orders',
  pipeName: 'orders',
  sourceArn: 'arn:aws:sqs:us-east-1:000000000000:in',
  targetArn: 'arn:aws:sqs:us-east-1:000000000000:out',
  ingestionTime: Date.parse('2026-01-01T00:00:00.250Z'),
}

const BODY = '{"id":7.50,"tags":["a","b"],"name":"Ada"}'
const EVENT = {
  received: Buffer.from(`{"messageId":"m1","body":${JSON.stringify(BODY)}}`),
  decoded: Buffer.from(`{"messageId":"m1","body":${BODY}}`),
}

// Each as https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html has it.
const MADE: readonly (readonly [template: string, body: string])[] = [
  ['{"id": <$.body.id>, "by": "<$.body.name>"}', '{"id": 7.50, "by": "Ada"}'],
  ['{"tags": <$.body.tags>, "first": <$.body.tags[0]>}', '{"tags": ["a","b"], "first": "a"}'],
  ['{"none": <$.body.none>, "in": "x<$.none>y"}', '{"none": "", "in": "xy"}'],
  ['<$.body>', BODY],
  ['<$.body.tags>', '["a","b"]'],
  [
    '{"name": <aws.pipes.pipe-name>, "arn": <aws.pipes.pipe-arn>}',
    `{"name": "orders", "arn": "${CONTEXT.pipeArn}"}`,
  ],
  [
    '{"from": <aws.pipes.source-arn>, "to": <aws.pipes.target-arn>}',
    `{"from": "${CONTEXT.sourceArn}", "to": "${CONTEXT.targetArn}"}`,
  ],
  ['{"by": <aws.pipes.enrichment-arn>}', '{"by": ""}'],
  ['{"at": <aws.pipes.event.ingestion-time>}', '{"at": "2026-01-01T00:00:00.250Z"}'],
  ['<aws.pipes.event>', EVENT.received.toString()],
  ['{"whole": <aws.pipes.event.json>}', `{"whole": ${EVENT.decoded.toString()}}`],
  ['order <$.body.id> by <$.body.name>', 'order 7.50 by Ada'],
  ['a < b and <$.messageId>', 'a < b and m1'],
]

for (const [template, body] of MADE) {
  test(`\`${template}\` makes \`${body}\``, () => {
    const result = compilePipeTemplate(template).apply(EVENT, CONTEXT)
    assert.equal(result.kind, 'input')
    assert.equal(Buffer.from(result.body).toString(), body)
  })
}

for (const template of [
  '',
  '{"a": <$.body[>}',
  '{"a": <aws.pipes.rule-arn>}',
  '{"a": <$.body.a>',
]) {
  test(`\`${template}\` is refused`, () => {
    assert.throws(() => compilePipeTemplate(template), { code: 'TEMPLATE_INVALID' })
  })
}

test('what makes no JSON of an event fails for that event', () => {
  const template = compilePipeTemplate('{"text": "<$.body.tags>"}')
  assert.equal(template.apply(EVENT, CONTEXT).kind, 'failed')
})

test('a dynamic parameter is the text at its path', () => {
  assert.equal(textAt(EVENT, '$.body.name'), 'Ada')
  assert.equal(textAt(EVENT, '$.body.id'), '7.50')
  assert.equal(textAt(EVENT, '$.body.tags'), '["a","b"]')
  assert.equal(textAt(EVENT, '$.body.none'), undefined)
})

test('an array is cut into what was written', () => {
  const parts = splitArray(Buffer.from(' [1.50, {"a":[2]} ,"x"]'))
  assert.deepEqual(parts?.map(String), ['1.50', '{"a":[2]}', '"x"'])
  assert.deepEqual(splitArray(Buffer.from('[]')), [])
  assert.equal(splitArray(Buffer.from('{}')), undefined)
})
