// A record of a stream as AWS hands it to pipes.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html

import type { Arn } from '../../../model/index.ts'
import { payloadJson } from '../../payload-json.ts'
import type { SourceRecord } from '../../source.ts'

export interface StreamRecord extends SourceRecord {
  readonly sequence: string
  /** When it came into the stream, milliseconds. */
  readonly arrivedAt: number
}

export interface RecordPlace {
  readonly arn: Arn
  readonly address: string
  readonly shardId: string
}

type Members = Readonly<Record<string, unknown>>

export function toStreamRecord(place: RecordPlace, record: Members): StreamRecord {
  return place.arn.service === 'kinesis' ? ofKinesis(place, record) : ofTable(place, record)
}

function ofKinesis({ arn, address, shardId }: RecordPlace, record: Members): StreamRecord {
  const { PartitionKey, SequenceNumber, Data, ApproximateArrivalTimestamp: arrived } = record
  const sequence = String(SequenceNumber)
  const data = Buffer.from(String(Data), 'base64')
  const whole = (shown: string): Buffer =>
    Buffer.from(
      `{"kinesisSchemaVersion":"1.0","partitionKey":${JSON.stringify(PartitionKey)}` +
        `,"sequenceNumber":${JSON.stringify(sequence)},"data":${shown}` +
        `,"approximateArrivalTimestamp":${secondsOf(arrived)}` +
        `,"eventSource":"aws:kinesis","eventVersion":"1.0"` +
        `,"eventID":${JSON.stringify(`${shardId}:${sequence}`)},"eventName":"aws:kinesis:record"` +
        `,"awsRegion":${JSON.stringify(arn.region)},"eventSourceARN":${JSON.stringify(address)}}`,
    )
  return {
    id: sequence,
    sequence,
    arrivedAt: secondsOf(arrived) * 1000,
    received: whole(JSON.stringify(data.toString('base64'))),
    decoded: whole(payloadJson(data)),
    group: shardId,
  }
}

function ofTable({ arn, address, shardId }: RecordPlace, record: Members): StreamRecord {
  const change = record['dynamodb'] as Members | undefined
  const sequence = String(change?.['SequenceNumber'])
  const received = Buffer.from(
    JSON.stringify({
      ...record,
      awsRegion: arn.region,
      eventSource: 'aws:dynamodb',
      eventSourceARN: address,
    }),
  )
  return {
    id: sequence,
    sequence,
    arrivedAt: secondsOf(change?.['ApproximateCreationDateTime']) * 1000,
    received,
    decoded: received,
    group: shardId,
  }
}

/** AWS writes seconds; some stand-ins a date. */
function secondsOf(value: unknown): number {
  if (typeof value === 'number') return value
  const parsed = Date.parse(String(value))
  return Number.isNaN(parsed) ? 0 : parsed / 1000
}
