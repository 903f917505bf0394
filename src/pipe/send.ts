// The target: a function or a state machine gets the events of a batch as one array; every other target gets them
// one by one, through the same sinks that deliveries of rules use. A function may say which records it did not take.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html

import { describeError } from '../base/index.ts'
import type {
  Invoker,
  InvokeResult,
  Sink,
  SinkFailure,
  SinkMessage,
  SinkResult,
  SourceRecord,
} from '../connect/index.ts'
import { parseArn } from '../model/index.ts'
import { CALLS_MAX } from './limits.ts'
import { isDetail, toMessage } from './message.ts'
import { isWholeBatch } from './parameters.ts'
import { type Call, packCalls, prepare, type Prepared } from './payload.ts'
import type { PipePlan } from './plan.ts'
import { runLimited } from './run-limited.ts'
import { type Failures, failUnit, hasFailed, HELD_BACK, holdBack, type Unit } from './unit.ts'

export interface SendParts {
  readonly plan: PipePlan
  readonly eventSource: string
  readonly invoker: Invoker
  /** The sink of an address; undefined when no kind serves it. */
  readonly sinkAt: (address: string) => Sink | undefined
  readonly now: number
  readonly signal: AbortSignal
}

/** Sends what can be sent; records of which anything was not taken are in `failures` afterwards. */
export async function sendToTarget(
  parts: SendParts,
  units: readonly Unit[],
  failures: Failures,
): Promise<void> {
  const { plan, now } = parts
  const address = plan.spec.target
  const context = { ...plan.names, ingestionTime: now }
  const made = prepare(units, plan.targetTemplate, context, failures)
  const fit = usable(address, made, failures)
  // What could not be made of one record holds up those behind it, like any failure.
  const records = units.flatMap((unit) => unit.records)
  holdBack(records, failures)
  const prepared = fit.filter(({ unit }) => !hasFailed(unit, failures))
  if (isWholeBatch(address)) await sendTogether(parts, packCalls(prepared), failures)
  else await sendEach(parts, prepared, failures)
}

async function sendTogether(
  parts: SendParts,
  calls: readonly Call[],
  failures: Failures,
): Promise<void> {
  const { plan, invoker, signal } = parts
  const { target, targetParameters } = plan.spec
  const isFunction = parseArn(target)?.service === 'lambda'
  const invocation = targetParameters?.LambdaFunctionParameters?.InvocationType
  const isForgotten = invocation === 'FIRE_AND_FORGET'
  // One after the other: a later part of a batch is behind an earlier one.
  for (const call of calls) {
    if (isFunction) {
      const result = await invoker.invoke(target, { payload: call.payload }, signal)
      takeAnswer(call, result, { isForgotten, failures })
    } else await sendCall(parts, call, failures)
  }
}

interface Answering {
  /** The function was only to be started: how it ended is its own affair. */
  readonly isForgotten: boolean
  readonly failures: Failures
}

function takeAnswer(call: Call, result: InvokeResult, answering: Answering): void {
  const { isForgotten, failures } = answering
  if (result.kind === 'failed') {
    if (isForgotten && result.functionError !== undefined) return
    for (const unit of call.units) failUnit(failures, unit, result.failure)
    return
  }
  if (isForgotten) return
  const records = call.units.flatMap((unit) => unit.records)
  for (const record of failedRecords(result.payload, records)) failures.set(record, REPORTED)
}

const REPORTED: SinkFailure = {
  code: 'PARTIAL_FAILURE',
  message: 'the target named this record among its `batchItemFailures`',
}

/**
 * The records that an answer names as failed; all of them when it names what is not there.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
function failedRecords(
  payload: Uint8Array,
  records: readonly SourceRecord[],
): readonly SourceRecord[] {
  const named = namedFailures(payload)
  if (named.length === 0) return []
  const byId = new Map(records.map((record) => [record.id, record]))
  const failed = named.map((name) => (typeof name === 'string' ? byId.get(name) : undefined))
  return failed.every((record) => record !== undefined) ? failed : records
}

function namedFailures(payload: Uint8Array): readonly unknown[] {
  try {
    const answer: unknown = JSON.parse(Buffer.from(payload).toString())
    if (typeof answer !== 'object' || answer === null) return []
    const { batchItemFailures } = answer as { readonly batchItemFailures?: unknown }
    if (!Array.isArray(batchItemFailures)) return []
    return batchItemFailures.map(
      (failure: { readonly itemIdentifier?: unknown } | null) => failure?.itemIdentifier,
    )
  } catch {
    // An answer that is no JSON says nothing of failures.
    return []
  }
}

async function sendCall(parts: SendParts, call: Call, failures: Failures): Promise<void> {
  const [first] = call.units
  const records = call.units.flatMap((unit) => unit.records)
  const unit: Unit = { event: first!.event, records }
  const sink = sinkOf(parts, [{ unit, body: call.payload }], failures)
  if (sink === undefined) return
  const message = toMessage(parts, { unit, body: call.payload }, 0)
  const [result] = await send(sink, [message], parts.signal)
  take(unit, result, failures)
}

async function sendEach(
  parts: SendParts,
  prepared: readonly Prepared[],
  failures: Failures,
): Promise<void> {
  const sink = sinkOf(parts, prepared, failures)
  if (sink === undefined) return
  const lines = linesOf(prepared)
  const limit = Math.max(1, Math.min(CALLS_MAX, sink.concurrencyMax))
  await runLimited(lines, limit, async (line) => {
    // In a line of its own group an event goes only when the one before it was taken.
    const size = line.isOrdered ? 1 : sink.batchMax
    for (let at = 0; at < line.items.length; at += size) {
      const items = line.items.slice(at, at + size)
      const messages = items.map((item) => toMessage(parts, item.prepared, item.index))
      const results = await send(sink, messages, parts.signal)
      for (const [index, item] of items.entries())
        take(item.prepared.unit, results[index], failures)
      if (line.isOrdered && results.some((result) => result.kind !== 'delivered')) {
        failRest(line.items.slice(at + size), failures)
        return
      }
    }
  })
}

interface Line {
  readonly isOrdered: boolean
  readonly items: { readonly prepared: Prepared; readonly index: number }[]
}

/** One line for each group of records, and short ones for all events that have none. */
function linesOf(prepared: readonly Prepared[]): readonly Line[] {
  const groups = new Map<string, Line>()
  const lines: Line[] = []
  const counts = new Map<string, number>()
  for (const each of prepared) {
    const { id, group } = each.unit.records[0]!
    const index = counts.get(id) ?? 0
    counts.set(id, index + 1)
    let line = group === undefined ? lines.at(-1) : groups.get(group)
    if (line === undefined || line.isOrdered !== (group !== undefined) || isFull(line)) {
      line = { isOrdered: group !== undefined, items: [] }
      lines.push(line)
      if (group !== undefined) groups.set(group, line)
    }
    line.items.push({ prepared: each, index })
  }
  return lines
}

function isFull({ isOrdered, items }: Line): boolean {
  return !isOrdered && items.length >= LINE_LENGTH_MAX
}

/** Events that go one behind the other where nobody asked for order. */
const LINE_LENGTH_MAX = 100

function failRest(items: Line['items'], failures: Failures): void {
  for (const { prepared } of items) failUnit(failures, prepared.unit, HELD_BACK)
}

function sinkOf(
  { plan, sinkAt }: SendParts,
  prepared: readonly Prepared[],
  failures: Failures,
): Sink | undefined {
  const { target } = plan.spec
  const sink = sinkAt(target)
  if (sink !== undefined) return sink
  const failure = { code: 'NO_RESOURCE', message: `nothing serves \`${target}\`` }
  for (const { unit } of prepared) failUnit(failures, unit, failure)
  return undefined
}

/** A bus takes objects only. */
function usable(
  address: string,
  prepared: readonly Prepared[],
  failures: Failures,
): readonly Prepared[] {
  if (parseArn(address)?.resource.startsWith('event-bus/') !== true) return prepared
  return prepared.filter(({ unit, body }) => {
    if (isDetail(body)) return true
    failUnit(failures, unit, NO_OBJECT)
    return false
  })
}

const NO_OBJECT: SinkFailure = {
  code: 'SDK_CLIENT_ERROR',
  message: 'expected what goes to a bus to be a JSON object',
}

async function send(
  sink: Sink,
  messages: readonly SinkMessage[],
  signal: AbortSignal,
): Promise<readonly SinkResult[]> {
  try {
    return await sink.send(messages, signal)
  } catch (error) {
    const failure = { code: 'INTERNAL_ERROR', message: describeError(error) }
    return messages.map(() => ({ kind: 'retry', failure }))
  }
}

function take(unit: Unit, result: SinkResult | undefined, failures: Failures): void {
  if (result?.kind === 'delivered') return
  failUnit(failures, unit, result?.failure ?? NO_RESULT)
}

const NO_RESULT: SinkFailure = {
  code: 'INTERNAL_ERROR',
  message: 'the sink gave no result for this message',
}
