// A run as it is kept in a workflow's status, with times that people can read.

import type { Json } from '../structure/index.ts'
import { isList, isObject, type JsonObject } from './json-tree.ts'
import type { RunState } from './run.ts'

const TIMES: ReadonlySet<string> = new Set(['startedAt', 'endedAt', 'wakeAt', 'at'])

export function encodeRun(run: RunState): Json {
  return mapTimes(run as unknown as Json, (value) =>
    typeof value === 'number' ? new Date(value).toISOString() : value,
  )
}

/** Undefined when there is none. */
export function decodeRun(value: Json | undefined): RunState | undefined {
  if (!isObject(value) || !isList(value['steps']) || !isList(value['history'])) return undefined
  const read = mapTimes(value, (time) => (typeof time === 'string' ? Date.parse(time) : time))
  return read as unknown as RunState
}

/** Outputs are somebody else's and stay as they are. */
function mapTimes(value: Json, change: (value: Json) => Json): Json {
  if (isList(value)) return value.map((item) => mapTimes(item, change))
  if (!isObject(value)) return value
  const members = Object.entries(value as JsonObject).flatMap(([name, member]) => {
    if (member === undefined) return []
    if (name === 'output') return [[name, member] as const]
    return [[name, TIMES.has(name) ? change(member) : mapTimes(member, change)] as const]
  })
  return Object.fromEntries(members)
}
