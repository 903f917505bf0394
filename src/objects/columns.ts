// The columns of `kubectl get`.

import type { Column } from './resource-type.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

export const NAME_DESCRIPTION =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names'

const CREATED_DESCRIPTION =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.'

export const NAME_COLUMN: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: NAME_DESCRIPTION,
  priority: 0,
  cell: ({ metadata }) => metadata.name,
}

export const AGE_COLUMN: Column = {
  name: 'Age',
  type: 'string',
  description: CREATED_DESCRIPTION,
  priority: 0,
  cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
}

export const CREATED_COLUMN: Column = {
  ...AGE_COLUMN,
  name: 'Created At',
  cell: ({ metadata }) => metadata.creationTimestamp ?? null,
}

export function column(
  name: string,
  cell: Column['cell'],
  rest: Partial<Pick<Column, 'type' | 'priority' | 'description'>> = {},
): Column {
  return { name, type: 'string', description: '', priority: 0, ...rest, cell }
}

export function wide(name: string, cell: Column['cell']): Column {
  return column(name, cell, { priority: 1 })
}

/** `5m12s`, `3d`: how long ago that was. */
export function ageOf(time: unknown, now: number): string {
  if (typeof time !== 'string') return '<unknown>'
  const at = Date.parse(time)
  return Number.isNaN(at) ? '<unknown>' : formatDuration(now - at)
}

/** As kubectl writes a duration. https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go */
export function formatDuration(ms: number): string {
  const seconds = Math.trunc(ms / SECOND_MS)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(ms / MINUTE_MS)
  if (minutes < 10) return withRest(`${minutes}m`, seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(ms / HOUR_MS)
  if (hours < 8) return withRest(`${hours}h`, minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(ms / DAY_MS)
  if (hours < 192) return withRest(`${days}d`, hours % 24, 'h')
  const years = Math.trunc(ms / YEAR_MS)
  if (years < 2) return `${days}d`
  return years < 8 ? withRest(`${years}y`, days % 365, 'd') : `${years}y`
}

function withRest(text: string, rest: number, unit: string): string {
  return rest === 0 ? text : `${text}${rest}${unit}`
}

/** What lies at a dotted path of an object. */
export function at(object: unknown, path: string): unknown {
  let value: unknown = object
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<string, unknown>>)[part]
  }
  return value
}

/** The same as a list; empty when it is none. */
export function listAt(object: unknown, path: string): readonly unknown[] {
  const value = at(object, path)
  return Array.isArray(value) ? value : []
}

/** The same as text, empty when nothing is there. */
export function textAt(object: unknown, path: string): string {
  const value = at(object, path)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export function countAt(object: unknown, path: string): number {
  const value = at(object, path)
  return typeof value === 'number' ? value : 0
}
