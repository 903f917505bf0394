// What our own API asks of the rooms: views of their state, and the live tail, which is one more reader of
// the log.

import { decodeStoredEvent, formatBusKey, parseBusKey } from './event/index.ts'
import { type Cursor, type Log, readPastDamage } from './log/index.ts'
import { matchesPattern, parsePattern } from './match/index.ts'
import {
  busArn,
  DEFAULT_ACCOUNT,
  DEFAULT_BUS,
  type Resource,
  ruleArn,
  type RuleSpec,
  type Ruleset,
} from './model/index.ts'
import type { Disablement } from './deliver/index.ts'
import { decodeResource } from './objects/index.ts'
import type {
  BusView,
  DeliveryView,
  DeliveryViewQuery,
  RuleQuery,
  RuleView,
  SubscribeOptions,
  TailItem,
} from './api/index.ts'
import { type DeliveryRow, listAllRows, type RowStore, type Store } from './store/index.ts'

const READ_RECORDS_MAX = 500
const TYPE_MEMBER = 'detail-type'
const DEFAULT_BUS_KEY = formatBusKey({
  account: DEFAULT_ACCOUNT,
  region: 'us-east-1',
  name: DEFAULT_BUS,
})

/** Events from the log as they become durable. Throws `PATTERN_INVALID` before anything is answered. */
export function subscribe(
  log: Log,
  options: SubscribeOptions,
): AsyncGenerator<TailItem, void, undefined> {
  return follow(log, options, compileFilter(options))
}

type Filter = (busKey: string, envelope: Uint8Array) => boolean

async function* follow(
  log: Log,
  options: SubscribeOptions,
  isWanted: Filter,
): AsyncGenerator<TailItem, void, undefined> {
  let cursor: Cursor = options.after === undefined ? log.end() : cursorAfter(log, options.after)
  const reading = { recordsMax: READ_RECORDS_MAX, signal: options.signal }
  while (!options.signal.aborted) {
    const { records, cursor: next } = await readPastDamage(log, cursor, reading)
    cursor = next
    for (const { kind, payload, position, timestamp } of records) {
      if (kind !== 'event') continue
      const { busKey, envelope } = decodeStoredEvent(payload)
      if (isWanted(busKey, envelope)) yield { position, timestamp, busKey, envelope }
    }
  }
}

function compileFilter(options: SubscribeOptions): Filter {
  const pattern = options.pattern === undefined ? undefined : parsePattern(options.pattern)
  const type =
    options.type === undefined
      ? undefined
      : parsePattern(JSON.stringify({ [TYPE_MEMBER]: [options.type] }))
  const { bus } = options
  return (busKey, envelope) => {
    if (bus !== undefined && !isBus(bus, busKey)) return false
    if (type !== undefined && !matchesPattern(type, envelope)) return false
    return pattern === undefined || matchesPattern(pattern, envelope)
  }
}

/** Whether a bus name, or a whole bus key, means this bus. */
function isBus(bus: string, busKey: string): boolean {
  return bus === busKey || bus === parseBusKey(busKey).name
}

function cursorAfter(log: Log, after: { partition: number; offset: number }): Cursor {
  return log
    .end()
    .map((end) =>
      end.partition === after.partition ? { ...after, offset: after.offset + 1 } : end,
    )
}

/** Every bus, and the default one of the default account, which is there without being made. */
export function viewBuses({ buses }: Ruleset): readonly BusView[] {
  const rules = new Map(Array.from(buses, ([busKey, bus]) => [busKey, bus.rules.size]))
  if (!rules.has(DEFAULT_BUS_KEY)) rules.set(DEFAULT_BUS_KEY, 0)
  return Array.from(rules, ([busKey, count]) => ({ ...parseBusKey(busKey), count }))
    .filter(({ name }) => !isInner(name))
    .map(({ account, region, name, count }) => {
      return { name, account, region, arn: busArn({ account, region }, name), rules: count }
    })
}

/** Buses that no user can name, such as that of schedules, are nobody's to see. */
function isInner(busName: string): boolean {
  return busName.startsWith('$')
}

export interface RuleSources {
  readonly rows: RowStore
  readonly disablements: ReadonlyMap<string, Disablement>
}

export async function viewRules(
  { rows, disablements }: RuleSources,
  query: RuleQuery,
): Promise<readonly RuleView[]> {
  const views: RuleView[] = []
  for (const row of (await listAllRows(rows, { kind: 'Rule' })).rows) {
    const { metadata, spec } = decodeResource(row) as Resource<RuleSpec>
    const busKey = formatBusKey({ ...spec, name: spec.bus })
    if (query.bus === undefined || isBus(query.bus, busKey)) {
      views.push(
        viewRule(metadata.uid, spec, (targetId) => disablements.get(`${metadata.uid}/${targetId}`)),
      )
    }
  }
  return views
}

function viewRule(
  uid: string,
  spec: RuleSpec,
  disablementOf: (targetId: string) => Disablement | undefined,
): RuleView {
  return {
    uid,
    name: spec.name,
    bus: spec.bus === '' ? DEFAULT_BUS : spec.bus,
    account: spec.account,
    region: spec.region,
    arn: ruleArn(spec, spec.bus, spec.name),
    state: spec.state,
    ...(spec.pattern === undefined ? {} : { pattern: spec.pattern }),
    ...(spec.schedule === undefined ? {} : { schedule: spec.schedule }),
    ...(spec.schemaVersions === undefined ? {} : { schemaVersions: spec.schemaVersions }),
    targets: spec.targets.map(({ id, address }) => {
      const disablement = disablementOf(id)
      if (disablement === undefined) return { id, address }
      const { since, reason } = disablement
      return { id, address, disabled: { since, reason } }
    }),
  }
}

export async function viewDeliveries(
  store: Store,
  query: DeliveryViewQuery,
): Promise<readonly DeliveryView[]> {
  const rows = await store.deliveries.list({
    limit: query.limit,
    ...(query.state === undefined ? {} : { state: query.state }),
    ...(query.bus === undefined ? {} : { busKey: busKeyOf(query.bus) }),
    ...(query.rule === undefined ? {} : { ruleName: query.rule }),
    ...(query.after === undefined ? {} : { after: query.after }),
  })
  return rows.map((row) => viewDelivery(row))
}

/** Of a bus's key, or its name in the default account and region. */
export function busKeyOf(bus: string): string {
  return bus.includes('/') ? bus : defaultBusKey(bus)
}

function defaultBusKey(name: string): string {
  return formatBusKey({ ...parseBusKey(DEFAULT_BUS_KEY), name })
}

function viewDelivery(row: DeliveryRow): DeliveryView {
  return {
    id: row.id,
    busKey: row.busKey,
    ruleName: row.ruleName,
    targetId: row.targetId,
    eventId: row.eventId,
    state: row.state,
    attempts: row.attempts,
    firstAttemptAt: row.firstAttemptAt,
    lastAttemptAt: row.lastAttemptAt,
    dueAt: row.dueAt,
    errorCode: row.errorCode,
    errorMessage: row.errorMessage,
    ...(row.exhausted === undefined ? {} : { exhausted: row.exhausted }),
  }
}
