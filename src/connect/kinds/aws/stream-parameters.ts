// What a pipe says of the stream that it reads, in AWS's words.
// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceKinesisStreamParameters.html

import { STREAM_RECORDS_DEFAULT, STREAM_RECORDS_MAX, STREAM_WINDOW_SECONDS_MAX } from './limits.ts'
import type { StreamPosition } from './stream-api.ts'

export interface StreamReading {
  /** Where a pipe begins that has read nothing yet. */
  readonly from: StreamPosition
  readonly recordsMax: number
  readonly windowMs: number
  /** Infinite where nothing is given up. */
  readonly retriesMax: number
  readonly ageMsMax: number
  readonly deadLetterArn?: string
}

type Members = Readonly<Record<string, unknown>>

export function readStreamParameters(parameters: Members): StreamReading {
  const own = membersOf(
    parameters['KinesisStreamParameters'] ?? parameters['DynamoDBStreamParameters'],
  )
  const { Arn: deadLetterArn } = membersOf(own['DeadLetterConfig'])
  const window = numberIn(own['MaximumBatchingWindowInSeconds'], 0, STREAM_WINDOW_SECONDS_MAX)
  return {
    from: startOf(own),
    recordsMax: numberIn(own['BatchSize'], 1, STREAM_RECORDS_MAX) ?? STREAM_RECORDS_DEFAULT,
    windowMs: (window ?? 0) * 1000,
    retriesMax: numberIn(own['MaximumRetryAttempts'], 0, Infinity) ?? Infinity,
    ageMsMax: (numberIn(own['MaximumRecordAgeInSeconds'], 0, Infinity) ?? Infinity) * 1000,
    ...(typeof deadLetterArn === 'string' ? { deadLetterArn } : {}),
  }
}

function startOf({ StartingPosition, StartingPositionTimestamp: time }: Members): StreamPosition {
  if (StartingPosition === 'LATEST') return { kind: 'newest' }
  if (StartingPosition !== 'AT_TIMESTAMP') return { kind: 'oldest' }
  const atMs = typeof time === 'number' ? time * 1000 : Date.parse(String(time))
  return Number.isFinite(atMs) ? { kind: 'time', atMs } : { kind: 'oldest' }
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** Minus one stands for no bound. */
function numberIn(value: unknown, min: number, max: number): number | undefined {
  return typeof value === 'number' && value >= min && value <= max ? value : undefined
}
