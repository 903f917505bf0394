// The judge: what the outside world saw, held against what was promised. Each finding names its promise.

import { decodeStoredEvent } from '../../src/event/index.ts'
import type { LogRecord } from '../../src/log/index.ts'
import { decodeControlRecord } from '../../src/route/index.ts'
import type { DeliveryRow } from '../../src/store/index.ts'
import { BREAKER_DEFAULTS } from '../../src/deliver/index.ts'
import { type LiveRule, ruleAt } from './rule-book.ts'
import type { Outcome } from './simulation.ts'
import type { Arrival, SimulatedTarget } from './target.ts'

export interface Finding {
  readonly promise: string
  readonly text: string
}

interface Expected {
  readonly eventId: string
  readonly targetId: string
  readonly at: number
}

const AGE_SLACK_MS = 60_000

export async function check(outcome: Outcome): Promise<readonly Finding[]> {
  if (!outcome.isAtRest) {
    return [
      {
        promise: 'liveness',
        text: `not at rest ${outcome.restedAfterMs} ms after healing: ${outcome.unrest}`,
      },
    ]
  }
  const records = await readAll(outcome)
  const rules = await rulesOverTime(outcome, records)
  const expected = expectedDeliveries(records, rules)
  const rows = await outcome.store.deliveries.list({ limit: 100_000 })
  return [
    ...checkDurable(outcome, records),
    ...checkIntact(outcome, records),
    ...checkOnce(outcome, records),
    ...(await checkOutcomes(outcome, expected, rows)),
    ...checkUnexpected(outcome, expected),
    ...outcome.targets.flatMap((target) => checkTarget(outcome, target, expected)),
    ...checkDeadLetters(outcome, rows),
  ]
}

async function readAll({ log }: Outcome): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = []
  const end = log.end()[0]!.offset
  const { signal } = new AbortController()
  let cursor = log.start()
  while (cursor[0]!.offset < end) {
    const result = await log.read(cursor, { recordsMax: 1000, signal })
    records.push(...result.records)
    cursor = result.cursor
  }
  return records
}

// P1: what was acknowledged is there.
function checkDurable({ sent }: Outcome, records: readonly LogRecord[]): Finding[] {
  const stored = new Set(eventsOf(records).map((event) => event.id))
  return Array.from(sent.values())
    .filter((event) => event.isAcknowledged && !stored.has(event.id))
    .map((event) => ({ promise: 'P1', text: `event ${event.id} was acknowledged and is lost` }))
}

// P2, P3: what is there was sent, byte for byte.
function checkIntact({ sent }: Outcome, records: readonly LogRecord[]): Finding[] {
  return records
    .filter((record) => record.kind === 'event')
    .filter((record) => {
      const event = sent.get(decodeStoredEvent(record.payload).id)
      return event === undefined || Buffer.compare(event.record, record.payload) !== 0
    })
    .map((record) => ({
      promise: 'P2',
      text: `record ${record.position.offset} was never sent so`,
    }))
}

// P10: a keyed event is stored once.
function checkOnce({ scenario }: Outcome, records: readonly LogRecord[]): Finding[] {
  if (!scenario.isKeyed) return []
  const seen = new Set<string>()
  const findings: Finding[] = []
  for (const { id } of eventsOf(records)) {
    if (seen.has(id)) findings.push({ promise: 'P10', text: `event ${id} is stored twice` })
    seen.add(id)
  }
  return findings
}

// P5, P6: every delivery has an outcome.
async function checkOutcomes(
  outcome: Outcome,
  expected: readonly Expected[],
  rows: readonly DeliveryRow[],
): Promise<Finding[]> {
  const dead = new Set(
    rows.filter((row) => row.state === 'dead').map((row) => `${row.eventId}/${row.targetId}`),
  )
  const findings: Finding[] = rows
    .filter((row) => row.state === 'pending')
    .map((row) => ({ promise: 'P5', text: `row ${row.id} is pending for ever` }))
  for (const { eventId, targetId } of expected) {
    const target = outcome.targets.find((candidate) => candidate.plan.id === targetId)!
    const isDelivered = target.arrivals.some(
      (arrival) => arrival.eventId === eventId && arrival.isProcessed,
    )
    if (isDelivered || dead.has(`${eventId}/${targetId}`)) continue
    const attempts = await outcome.store.deliveries.attempts(eventId, 1000)
    const isCancelled = attempts.some(
      (attempt) => attempt.targetId === targetId && attempt.result === 'cancelled',
    )
    if (!isCancelled) {
      findings.push({ promise: 'P5', text: `event ${eventId} never reached ${targetId}` })
    }
  }
  return findings
}

// P12: nothing is delivered that the rules of its moment did not ask for.
function checkUnexpected(outcome: Outcome, expected: readonly Expected[]): Finding[] {
  const asked = new Set(expected.map(({ eventId, targetId }) => `${eventId}/${targetId}`))
  return outcome.targets.flatMap((target) =>
    target.arrivals
      .filter((arrival) => !asked.has(`${arrival.eventId}/${target.plan.id}`))
      .map((arrival) => ({
        promise: 'P12',
        text: `event ${arrival.eventId} reached ${target.plan.id}, which its rules did not name`,
      })),
  )
}

function checkTarget(
  outcome: Outcome,
  target: SimulatedTarget,
  expected: readonly Expected[],
): Finding[] {
  const byEvent = Map.groupBy(target.arrivals, (arrival) => arrival.eventId)
  // A target that was taken away and given back has a new breaker.
  const findings = outcome.scenario.ruleChangeMs === undefined ? checkBreaker(target) : []
  for (const [eventId, arrivals] of byEvent) {
    const where = `event ${eventId} at ${target.plan.id}`
    findings.push(...checkDuplicates(outcome, arrivals, where))
    findings.push(...checkSchedule(target, arrivals, where))
    const appended = expected.find((one) => one.eventId === eventId)?.at
    if (outcome.crashes === 0 && appended !== undefined) {
      findings.push(...checkAge(target, arrivals, appended, where))
    }
  }
  return findings
}

// P5: no process delivers again what it saw delivered.
function checkDuplicates(
  { scenario }: Outcome,
  arrivals: readonly Arrival[],
  where: string,
): Finding[] {
  // An unkeyed producer's event may be in the log once per try, but it tries once.
  if (scenario.isKeyed) return []
  const findings: Finding[] = []
  const delivered = new Set<number>()
  for (const arrival of arrivals) {
    if (delivered.has(arrival.epoch)) {
      findings.push({
        promise: 'P5',
        text: `${where} was delivered again by process ${arrival.epoch}`,
      })
    }
    if (arrival.result === 'delivered') delivered.add(arrival.epoch)
  }
  return findings
}

// P8: the schedule of retries, asserted, not only made.
function checkSchedule(
  target: SimulatedTarget,
  arrivals: readonly Arrival[],
  where: string,
): Finding[] {
  const attemptsMax = (target.plan.attemptsMax ?? 185) + 1
  const findings: Finding[] = []
  for (const [index, arrival] of arrivals.entries()) {
    if (arrival.attempt > attemptsMax) {
      findings.push({
        promise: 'P8',
        text: `${where}: attempt ${arrival.attempt} of ${attemptsMax}`,
      })
    }
    const before = arrivals[index - 1]
    if (before === undefined || before.epoch !== arrival.epoch || before.result !== 'retry')
      continue
    const formula = Math.min(480_000, 1000 * 2 ** (before.attempt - 1))
    const gap = arrival.at - before.at
    if (gap < formula * 0.8 - 1) {
      const text = `${where}: attempt ${arrival.attempt} came ${gap} ms after the one before`
      findings.push({ promise: 'P8', text })
    }
  }
  return findings
}

function checkAge(
  target: SimulatedTarget,
  arrivals: readonly Arrival[],
  appended: number,
  where: string,
): Finding[] {
  const ageMsMax = (target.plan.ageSecondsMax ?? 86_400) * 1000 + AGE_SLACK_MS
  return arrivals
    .filter((arrival) => arrival.at - appended > ageMsMax)
    .map((arrival) => ({
      promise: 'P8',
      text: `${where} was attempted ${arrival.at - appended} ms late`,
    }))
}

// P17: from five failures in a row until the next success, probes only, at least thirty seconds apart.
function checkBreaker(target: SimulatedTarget): Finding[] {
  const findings: Finding[] = []
  for (const epoch of new Set(target.starts.map((start) => start.epoch))) {
    const ends = target.ends.filter((end) => end.epoch === epoch)
    const starts = target.starts.filter((start) => start.epoch === epoch).map(({ at }) => at)
    let consecutive = 0
    for (const [index, end] of ends.entries()) {
      consecutive = end.isFailure ? consecutive + 1 : 0
      if (consecutive !== BREAKER_DEFAULTS.consecutiveMax) continue
      const healed = ends.slice(index).find((later) => !later.isFailure)?.at ?? Infinity
      const probes = starts.filter((at) => at > end.at && at < healed)
      const early = probes.find((at, probe) => at - (probes[probe - 1] ?? -Infinity) < PROBE_MS_MIN)
      if (early === undefined) continue
      const text = `${target.plan.id} was called again ${early - end.at} ms after its breaker opened`
      findings.push({ promise: 'P17', text })
    }
  }
  return findings
}

const PROBE_MS_MIN = BREAKER_DEFAULTS.openMsMin - 1

// P7: as many dead letters as deaths, at least.
function checkDeadLetters(outcome: Outcome, rows: readonly DeliveryRow[]): Finding[] {
  const findings: Finding[] = []
  for (const { plan } of outcome.targets) {
    if (!plan.hasDeadLetterQueue) continue
    const dead = rows.filter((row) => row.state === 'dead' && row.targetId === plan.id).length
    const letters = outcome.deadLetters.letters.filter((letter) =>
      letter.startsWith(`dlq:${plan.id} `),
    )
    if (letters.length < dead) {
      const text = `${dead} deliveries to ${plan.id} died, ${letters.length} dead letters were sent`
      findings.push({ promise: 'P7', text })
    }
  }
  return findings
}

function eventsOf(
  records: readonly LogRecord[],
): { readonly id: string; readonly record: LogRecord }[] {
  return records
    .filter((record) => record.kind === 'event')
    .map((record) => ({ id: decodeStoredEvent(record.payload).id, record }))
}

async function rulesOverTime(
  outcome: Outcome,
  records: readonly LogRecord[],
): Promise<ReadonlyMap<number, LiveRule | undefined>> {
  const rules = new Map<number, LiveRule | undefined>()
  for (const record of records) {
    if (record.kind !== 'control') continue
    const { generation } = decodeControlRecord(record.payload)
    if (!rules.has(generation)) rules.set(generation, await ruleAt(outcome.store.rows, generation))
  }
  return rules
}

function expectedDeliveries(
  records: readonly LogRecord[],
  rules: ReadonlyMap<number, LiveRule | undefined>,
): readonly Expected[] {
  const expected: Expected[] = []
  let generation = 0
  for (const record of records) {
    if (record.kind === 'control') {
      generation = Math.max(generation, decodeControlRecord(record.payload).generation)
      continue
    }
    const event = decodeStoredEvent(record.payload)
    const rule = rules.get(generation)
    const { side } = JSON.parse(
      Buffer.from(event.envelope.subarray(event.detailStart, event.detailEnd)).toString(),
    ) as { side: string }
    if (rule === undefined || (rule.side !== 'any' && rule.side !== side)) continue
    for (const targetId of rule.targetIds) {
      expected.push({ eventId: event.id, targetId, at: record.timestamp - START_MS })
    }
  }
  return expected
}

const START_MS = Date.UTC(2026, 0, 1)
