// The bytes of calls: an event after its template, and several events as one JSON array, cut where a call would be
// too large.

import { checkJson } from '../event/index.ts'
import type { PipeContext, PipeTemplate } from '../transform/index.ts'
import { CALL_SIZE_BYTES_MAX } from './limits.ts'
import { type Failures, failUnit, type Unit } from './unit.ts'

/** A unit and what is sent of it. */
export interface Prepared {
  readonly unit: Unit
  readonly body: Uint8Array
}

/** What each unit sends; one whose template makes nothing of it fails. */
export function prepare(
  units: readonly Unit[],
  template: PipeTemplate | undefined,
  context: PipeContext,
  failures: Failures,
): readonly Prepared[] {
  return units.flatMap((unit) => {
    if (template === undefined) return [{ unit, body: unit.event.received }]
    const result = template.apply(unit.event, context)
    if (result.kind === 'input') return [{ unit, body: result.body }]
    failUnit(failures, unit, { code: 'SDK_CLIENT_ERROR', message: result.error.message })
    return []
  })
}

export interface Call {
  readonly units: readonly Unit[]
  readonly payload: Buffer
}

/** JSON arrays of all bodies, as few as the size of a call allows. */
export function packCalls(prepared: readonly Prepared[]): readonly Call[] {
  const calls: Call[] = []
  let units: Unit[] = []
  let pieces: Uint8Array[] = []
  let size = 0
  function close(): void {
    if (units.length === 0) return
    calls.push({ units, payload: Buffer.concat([OPEN, ...pieces, CLOSE]) })
    units = []
    pieces = []
    size = 0
  }
  for (const { unit, body } of prepared) {
    const json = asJson(body)
    if (size + json.length > CALL_SIZE_BYTES_MAX) close()
    if (pieces.length > 0) pieces.push(COMMA)
    units.push(unit)
    pieces.push(json)
    size += json.length + 1
  }
  close()
  return calls
}

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

/** What is no JSON, which a template may make, as a JSON string. */
function asJson(body: Uint8Array): Uint8Array {
  if (isJson(body)) return body
  return Buffer.from(JSON.stringify(Buffer.from(body).toString()))
}

export function isJson(body: Uint8Array): boolean {
  return checkJson(body, { depthMax: JSON_DEPTH_MAX }).kind !== 'fault'
}

const JSON_DEPTH_MAX = 1000
