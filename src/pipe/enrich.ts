// The enrichment: asked with the events of a batch, and what it answers goes on in their place. A function is asked
// once with an array of all events, anything else once for each event. An array that is answered is so many events,
// and an empty answer (nothing, `""`, `null`, `{}`, `[]`) is none: the records are done and the target hears nothing.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html

import type { HttpAdditions, Invoker, InvokeResult, SinkFailure } from '../connect/index.ts'
import { splitArray } from '../transform/index.ts'
import { CALLS_MAX } from './limits.ts'
import { isWholeBatch, resolveHttp } from './parameters.ts'
import { isJson, packCalls, prepare, type Prepared } from './payload.ts'
import type { PipePlan } from './plan.ts'
import { runLimited } from './run-limited.ts'
import { type Failures, failUnit, type Unit } from './unit.ts'

export interface EnrichParts {
  readonly plan: PipePlan
  readonly invoker: Invoker
  readonly now: number
  readonly signal: AbortSignal
}

/** The units that go on; records of those that do not are in `failures`, or done. */
export async function enrich(
  parts: EnrichParts,
  units: readonly Unit[],
  failures: Failures,
): Promise<readonly Unit[]> {
  const { plan, now } = parts
  const address = plan.spec.enrichment
  if (!address) return units
  const context = { ...plan.names, ingestionTime: now }
  const prepared = prepare(units, plan.enrichmentTemplate, context, failures)
  return isWholeBatch(address)
    ? askTogether(parts, address, { prepared, failures })
    : askEach(parts, address, { prepared, failures })
}

interface Asking {
  readonly prepared: readonly Prepared[]
  readonly failures: Failures
}

async function askTogether(
  parts: EnrichParts,
  address: string,
  { prepared, failures }: Asking,
): Promise<readonly Unit[]> {
  const answered = await Promise.all(
    packCalls(prepared).map(async ({ units, payload }) => {
      const result = await parts.invoker.invoke(address, { payload }, parts.signal)
      const records = units.flatMap((unit) => unit.records)
      // Which of several events came of which record is not said, so they stand or fall together.
      const whole = { event: units[0]!.event, records }
      return unitsOf(result, whole, failures)
    }),
  )
  return answered.flat()
}

async function askEach(
  parts: EnrichParts,
  address: string,
  { prepared, failures }: Asking,
): Promise<readonly Unit[]> {
  const parameters = parts.plan.spec.enrichmentParameters?.HttpParameters
  const answered = await runLimited(prepared, CALLS_MAX, async ({ unit, body }) => {
    const http: HttpAdditions = resolveHttp(parameters, unit.event)
    const [{ traceHeader }] = unit.records as [Unit['records'][number]]
    const trace = traceHeader === undefined ? {} : { traceHeader }
    const request = { payload: body, http, ...trace }
    return unitsOf(await parts.invoker.invoke(address, request, parts.signal), unit, failures)
  })
  return answered.flat()
}

function unitsOf(result: InvokeResult, asked: Unit, failures: Failures): readonly Unit[] {
  if (result.kind === 'failed') {
    failUnit(failures, asked, result.failure)
    return []
  }
  const text = Buffer.from(result.payload).toString().trim()
  if (EMPTY.has(text)) return []
  if (!isJson(result.payload)) {
    failUnit(failures, asked, NO_JSON)
    return []
  }
  const elements = splitArray(result.payload) ?? [result.payload]
  return elements.map((element) => ({
    event: { received: element, decoded: element },
    records: asked.records,
  }))
}

const EMPTY: ReadonlySet<string> = new Set(['', '""', 'null', '{}', '[]'])

const NO_JSON: SinkFailure = {
  code: 'SDK_CLIENT_ERROR',
  message: 'the enrichment answered what is no JSON',
}
