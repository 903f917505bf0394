import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeQuery, parseForm } from './query-decode.ts'
import { encodeQueryResult } from './query-encode.ts'
import { findOperation, SERVICES } from './shapes.ts'

// As botocore 1.43 writes it for sns, and for sqs with the protocol of before 2023.
test('lists and maps of the query protocol stand in elements of their own, those of SQS flattened', () => {
  const wrapped = new URLSearchParams({
    TopicArn: 't',
    'PublishBatchRequestEntries.member.1.Id': 'a',
    'PublishBatchRequestEntries.member.1.Message': 'm',
    'PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Name': 'n',
    'PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.DataType': 'String',
    'PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.StringValue': 'v',
  })
  assert.deepEqual(decodeQuery(SERVICES.sns, 'PublishBatchInput', parseForm(String(wrapped))), {
    TopicArn: 't',
    PublishBatchRequestEntries: [
      {
        Id: 'a',
        Message: 'm',
        MessageAttributes: { n: { DataType: 'String', StringValue: 'v' } },
      },
    ],
  })
  const attributes = new URLSearchParams({
    Name: 'a.fifo',
    'Attributes.entry.1.key': 'FifoTopic',
    'Attributes.entry.1.value': 'true',
  })
  assert.deepEqual(decodeQuery(SERVICES.sns, 'CreateTopicInput', parseForm(String(attributes))), {
    Name: 'a.fifo',
    Attributes: { FifoTopic: 'true' },
  })
  const flat = new URLSearchParams({
    QueueName: 'q',
    'Attribute.1.Name': 'DelaySeconds',
    'Attribute.1.Value': '1',
  })
  assert.deepEqual(decodeQuery(SERVICES.sqs, 'CreateQueueRequest', parseForm(String(flat))), {
    QueueName: 'q',
    Attributes: { DelaySeconds: '1' },
  })
})

function encode(operation: string, output: object): string {
  return encodeQueryResult({
    model: SERVICES.sns,
    operation: findOperation('sns', operation)!,
    output,
    requestId: 'r',
  })
}

test('answers say them in the same way', () => {
  assert.match(
    encode('ListTopics', { Topics: [{ TopicArn: 'a' }, { TopicArn: 'b' }] }),
    /<ListTopicsResult><Topics><member><TopicArn>a<\/TopicArn><\/member><member><TopicArn>b<\/TopicArn><\/member><\/Topics><\/ListTopicsResult>/,
  )
  assert.match(
    encode('GetTopicAttributes', { Attributes: { Owner: '1' } }),
    /<Attributes><entry><key>Owner<\/key><value>1<\/value><\/entry><\/Attributes>/,
  )
})
