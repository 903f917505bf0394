// What a query says of a call, checked: an option that is not as it should be is refused in the real server's words.

import {
  type DeleteOptions,
  type KubeQuery,
  KubeError,
  type WriteOptions,
} from '../../objects/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import { MANAGER_LENGTH_MAX, WATCH_SECONDS_MAX } from './limits.ts'
import { badRequest } from './status.ts'
import type { RowObject } from './table.ts'

export type Query = URLSearchParams

export function isTrue(query: Query, name: string): boolean {
  const value = query.get(name)
  return value === 'true' || value === '1'
}

export function listQueryOf(query: Query, namespace: string | undefined): KubeQuery {
  const text = (name: string): string | undefined => query.get(name) || undefined
  const limit = wholeNumber(query, 'limit')
  const match = text('resourceVersionMatch')
  const version = text('resourceVersion')
  const continueToken = text('continue')
  if (match !== undefined && !isTrue(query, 'watch')) checkMatch(match, version, continueToken)
  const labelSelector = text('labelSelector')
  const fieldSelector = text('fieldSelector')
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(limit === undefined ? {} : { limit }),
    ...(continueToken === undefined ? {} : { continueToken }),
    ...(version === undefined ? {} : { resourceVersion: version }),
    ...(match === undefined ? {} : { resourceVersionMatch: match }),
  }
}

export interface WatchOptions {
  readonly allowBookmarks: boolean
  readonly sendInitialEvents: boolean
  readonly timeoutSeconds: number | undefined
}

export function watchOptionsOf(query: Query): WatchOptions {
  const sendInitialEvents = isTrue(query, 'sendInitialEvents')
  const match = query.get('resourceVersionMatch') ?? ''
  if (query.has('sendInitialEvents') && match !== 'NotOlderThan')
    throw invalidOptions('ListOptions', [
      [
        'resourceVersionMatch',
        'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ],
    ])
  if (!query.has('sendInitialEvents') && match !== '')
    throw invalidOptions('ListOptions', [
      [
        'resourceVersionMatch',
        'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ],
    ])
  const seconds = wholeNumber(query, 'timeoutSeconds')
  return {
    allowBookmarks: isTrue(query, 'allowWatchBookmarks'),
    sendInitialEvents,
    timeoutSeconds:
      seconds === undefined || seconds <= 0 ? undefined : Math.min(seconds, WATCH_SECONDS_MAX),
  }
}

export function rowObjectOf(query: Query): RowObject {
  const wanted = query.get('includeObject') || 'Metadata'
  if (wanted === 'Metadata' || wanted === 'Object' || wanted === 'None') return wanted
  throw badRequest(`unrecognized includeObject value: "${wanted}"`)
}

const FIELD_VALIDATIONS = ['Ignore', 'Strict', 'Warn'] as const

/** What every write may say; its manager is the client's name when it names none. */
export function writeOptionsOf(kind: string, query: Query, request: HttpRequest): WriteOptions {
  const faults: (readonly [string, string])[] = []
  const manager = query.get('fieldManager') || (request.headers['user-agent'] ?? '').split('/')[0]!
  if (manager.length > MANAGER_LENGTH_MAX)
    faults.push(['fieldManager', `Too long: may not be more than ${MANAGER_LENGTH_MAX} bytes`])
  const validation = query.get('fieldValidation') || 'Warn'
  const fieldValidation = FIELD_VALIDATIONS.find((one) => one === validation)
  if (fieldValidation === undefined)
    faults.push(['fieldValidation', unsupported(validation, ['Ignore', 'Warn', 'Strict'])])
  faults.push(...dryRunFaults(query))
  if (faults.length > 0) throw invalidOptions(kind, faults)
  return {
    ...(manager === '' ? {} : { fieldManager: manager }),
    ...(query.has('dryRun') ? { dryRun: true } : {}),
    fieldValidation: fieldValidation!,
  }
}

/** Options of a delete come in its body, and what the body does not say in the query. */
export function deleteOptionsOf(
  query: Query,
  body: Readonly<Record<string, unknown>>,
): DeleteOptions {
  const faults = dryRunFaults(query)
  const policy = body['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined
  const seconds = body['gracePeriodSeconds'] ?? wholeNumber(query, 'gracePeriodSeconds')
  const named = policy === 'Background' || policy === 'Foreground' || policy === 'Orphan'
  if (policy !== undefined && !named)
    faults.push([
      'propagationPolicy',
      unsupported(typeof policy === 'string' ? policy : JSON.stringify(policy), [
        'Background',
        'Foreground',
        'Orphan',
        'nil',
      ]),
    ])
  if (faults.length > 0) throw invalidOptions('DeleteOptions', faults)
  const orphans = body['orphanDependents'] === true || isTrue(query, 'orphanDependents')
  const preconditions = preconditionsOf(body['preconditions'])
  const isDry = query.has('dryRun') || (Array.isArray(body['dryRun']) && body['dryRun'].length > 0)
  return {
    ...(named ? { propagationPolicy: policy } : orphans ? { propagationPolicy: 'Orphan' } : {}),
    ...(typeof seconds === 'number' ? { gracePeriodSeconds: seconds } : {}),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(isDry ? { dryRun: true } : {}),
  }
}

function preconditionsOf(value: unknown): DeleteOptions['preconditions'] {
  if (typeof value !== 'object' || value === null) return undefined
  const { uid, resourceVersion } = value as Readonly<Record<string, unknown>>
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  }
}

function checkMatch(match: string, version: string | undefined, token: string | undefined): void {
  if (version === undefined)
    throw invalidOptions('ListOptions', [
      [
        'resourceVersionMatch',
        'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
      ],
    ])
  if (token !== undefined)
    throw invalidOptions('ListOptions', [
      [
        'resourceVersionMatch',
        'Forbidden: resourceVersionMatch is forbidden when continue is provided',
      ],
    ])
  if (match !== 'Exact' && match !== 'NotOlderThan')
    throw invalidOptions('ListOptions', [
      ['resourceVersionMatch', unsupported(match, ['Exact', 'NotOlderThan', ''])],
    ])
}

function dryRunFaults(query: Query): (readonly [string, string])[] {
  const wrong = query.getAll('dryRun').find((one) => one !== 'All')
  return wrong === undefined ? [] : [['dryRun', unsupported(wrong, ['All'])]]
}

function wholeNumber(query: Query, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
}

function unsupported(value: string, supported: readonly string[]): string {
  const names = supported.map((one) => JSON.stringify(one)).join(', ')
  return `Unsupported value: ${JSON.stringify(value)}: supported values: ${names}`
}

/** `PatchOptions.meta.k8s.io "" is invalid: …`, every fault in one text. */
export function invalidOptions(
  kind: string,
  faults: readonly (readonly [field: string, text: string])[],
): KubeError {
  const texts = faults.map(([field, text]) => `${field}: ${text}`)
  const told = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
  return new KubeError('Invalid', `${kind}.meta.k8s.io "" is invalid: ${told}`, {
    group: 'meta.k8s.io',
    kind,
    causes: faults.map(([field, message]) => ({ type: 'FieldValueInvalid', field, message })),
  })
}
