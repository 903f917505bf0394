// One execution: a batch on its way through filter, enrichment and target.
//
//   records ──filter──▶ units ──enrichment──▶ units ──target──▶ taken
//       └─ matched by nothing: done          └─ none: done   └─ failed: comes again, by the source's rule

import { matchesPattern } from '../match/index.ts'
import type { SourceRecord } from '../connect/index.ts'
import { enrich } from './enrich.ts'
import type { LogStep } from './execution-log.ts'
import type { PipePlan } from './plan.ts'
import { type SendParts, sendToTarget } from './send.ts'
import { type Failures, holdBack, type Unit, withoutFailed } from './unit.ts'

export interface ExecuteParts extends Omit<SendParts, 'now'> {
  readonly clock: { now(): number }
  readonly log: LogStep
}

export interface Execution {
  /** Taken by the target, or wanted by nobody. */
  readonly done: readonly SourceRecord[]
  readonly failures: Failures
  /** Records that no pattern matched; they are among the done. */
  readonly filtered: number
}

/** Never rejects for what enrichment and target do. */
export async function execute(
  parts: ExecuteParts,
  records: readonly SourceRecord[],
): Promise<Execution> {
  const wanted = records.filter((record) => isWanted(parts.plan, record))
  const failures: Failures = new Map()
  if (wanted.length > 0) await runStages(parts, wanted, failures)
  return {
    done: records.filter((record) => !failures.has(record)),
    failures,
    filtered: records.length - wanted.length,
  }
}

function isWanted({ patterns }: PipePlan, { decoded }: SourceRecord): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchesPattern(pattern, decoded))
}

async function runStages(
  parts: ExecuteParts,
  records: readonly SourceRecord[],
  failures: Failures,
): Promise<void> {
  const { log } = parts
  const payloads = records.map(({ received }) => received)
  log('EXECUTION_STARTED', { payloads })
  const units = await enrichStage(parts, records, failures)
  holdBack(records, failures)
  await targetStage(parts, units, failures)
  if (failures.size === 0) log('EXECUTION_SUCCEEDED')
  else if (failures.size < records.length) {
    log('EXECUTION_PARTIALLY_FAILED', { error: firstError(failures) })
  } else log('EXECUTION_FAILED', { payloads, error: firstError(failures) })
}

async function enrichStage(
  parts: ExecuteParts,
  records: readonly SourceRecord[],
  failures: Failures,
): Promise<readonly Unit[]> {
  const { plan, clock, log } = parts
  const units = records.map((record): Unit => ({ event: record, records: [record] }))
  if (!plan.spec.enrichment) return units
  log('ENRICHMENT_STAGE_ENTERED')
  const enriched = await enrich({ ...parts, now: clock.now() }, units, failures)
  if (failures.size > 0) log('ENRICHMENT_STAGE_FAILED', { error: firstError(failures) })
  else log('ENRICHMENT_STAGE_SUCCEEDED', { payloads: payloadsOf(enriched) })
  return enriched
}

async function targetStage(
  parts: ExecuteParts,
  units: readonly Unit[],
  failures: Failures,
): Promise<void> {
  const { clock, log } = parts
  const sendable = withoutFailed(units, failures)
  if (sendable.length === 0) {
    log('TARGET_STAGE_SKIPPED')
    return
  }
  log('TARGET_STAGE_ENTERED', { payloads: payloadsOf(sendable) })
  await sendToTarget({ ...parts, now: clock.now() }, sendable, failures)
  const left = withoutFailed(sendable, failures)
  if (left.length === sendable.length) log('TARGET_STAGE_SUCCEEDED')
  else {
    const step = left.length === 0 ? 'TARGET_STAGE_FAILED' : 'TARGET_STAGE_PARTIALLY_FAILED'
    log(step, { error: firstError(failures) })
  }
}

function payloadsOf(units: readonly Unit[]): readonly Uint8Array[] {
  return units.map(({ event }) => event.received)
}

function firstError(failures: Failures): string {
  const [failure] = failures.values()
  return failure === undefined ? '' : `${failure.code}: ${failure.message}`
}
