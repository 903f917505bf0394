// What our own API asks of the rooms: views of their state, and the live tail, which is one more reader of
// the log.

import { isAppError } from './base/index.ts'
import { decodeStoredEvent, parseBusKey } from './event/index.ts'
import type { Cursor, Log } from './log/index.ts'
import { matchesPattern, parsePattern } from './match/index.ts'
import {
  busArn,
  DEFAULT_BUS,
  type Resource,
  ruleArn,
  type RuleSpec,
  type Ruleset,
} from './model/index.ts'
import type {
  BusView,
  DeliveryView,
  DeliveryViewQuery,
  RuleQuery,
  RuleView,
  SubscribeOptions,
  TailItem,
} from './api/own/deps.ts'
import type { Row, RowStore, Store } from './store/index.ts'

const READ_RECORDS_MAX = 500
const PAGE_ROWS = 1000
const TYPE_MEMBER = 'detail-type'

export async function* subscribe(
  log: Log,
  options: SubscribeOptions,
): AsyncGenerator<TailItem, void, undefined> {
  const isWanted = compileFilter(options)
  let cursor: Cursor = options.after === undefined ? log.end() : cursorAfter(log, options.after)
  while (!options.signal.aborted) {
    const { records, cursor: next } = await readOver(log, cursor, options.signal)
    cursor = next
    for (const { kind, payload, position, timestamp } of records) {
      if (kind !== 'event') continue
      const { busKey, envelope } = decodeStoredEvent(payload)
      if (isWanted(busKey, envelope)) yield { position, timestamp, busKey, envelope }
    }
  }
}

/** Parses first, so that a bad pattern is refused before anything is answered. */
function compileFilter(
  options: SubscribeOptions,
): (busKey: string, envelope: Uint8Array) => boolean {
  const pattern = options.pattern === undefined ? undefined : parsePattern(options.pattern)
  const type =
    options.type === undefined
      ? undefined
      : parsePattern(JSON.stringify({ [TYPE_MEMBER]: [options.type] }))
  const { bus } = options
  return (busKey, envelope) => {
    if (bus !== undefined && bus !== busKey && bus !== parseBusKey(busKey).name) return false
    if (type !== undefined && !matchesPattern(type, envelope)) return false
    return pattern === undefined || matchesPattern(pattern, envelope)
  }
}

function cursorAfter(log: Log, after: { partition: number; offset: number }): Cursor {
  return log
    .end()
    .map((end) =>
      end.partition === after.partition ? { ...after, offset: after.offset + 1 } : end,
    )
}

async function readOver(
  log: Log,
  cursor: Cursor,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<Log['read']>>> {
  try {
    return await log.read(cursor, { recordsMax: READ_RECORDS_MAX, signal })
  } catch (error) {
    if (!isAppError(error, 'LOG_CORRUPT')) throw error
    const { partition, to } = error.details as { partition: number; to: number }
    const over = cursor.map((one) =>
      one.partition === partition ? { partition, offset: to } : one,
    )
    return { records: [], cursor: over }
  }
}

export function viewBuses(ruleset: Ruleset): readonly BusView[] {
  return Array.from(ruleset.buses, ([busKey, { rules }]) => {
    const { account, region, name } = parseBusKey(busKey)
    return { name, account, region, arn: busArn({ account, region }, name), rules: rules.size }
  })
}

export async function viewRules(
  rows: RowStore,
  decode: (row: Row) => Resource,
  query: RuleQuery,
): Promise<readonly RuleView[]> {
  const views: RuleView[] = []
  let continueToken: string | undefined
  do {
    const page = await rows.list({
      kind: 'Rule',
      limit: PAGE_ROWS,
      ...(continueToken === undefined ? {} : { continueToken }),
    })
    for (const row of page.rows) {
      const { spec } = decode(row) as Resource<RuleSpec>
      if (query.bus === undefined || query.bus === spec.bus) views.push(viewRule(spec))
    }
    continueToken = page.continueToken
  } while (continueToken !== undefined)
  return views
}

function viewRule(spec: RuleSpec): RuleView {
  return {
    name: spec.name,
    bus: spec.bus === '' ? DEFAULT_BUS : spec.bus,
    account: spec.account,
    region: spec.region,
    arn: ruleArn(spec, spec.bus, spec.name),
    state: spec.state,
    ...(spec.pattern === undefined ? {} : { pattern: spec.pattern }),
    ...(spec.schedule === undefined ? {} : { schedule: spec.schedule }),
    targets: spec.targets.map(({ id, address }) => ({ id, address })),
  }
}

export async function viewDeliveries(
  store: Store,
  query: DeliveryViewQuery,
): Promise<readonly DeliveryView[]> {
  const rows = await store.deliveries.list({
    limit: query.limit,
    ...(query.state === undefined ? {} : { state: query.state }),
    ...(query.bus === undefined ? {} : { busKey: query.bus }),
    ...(query.rule === undefined ? {} : { ruleName: query.rule }),
    ...(query.after === undefined ? {} : { after: query.after }),
  })
  return rows.map(({ record: _, partition: __, offset: ___, ruleKey: ____, ...view }) => view)
}
