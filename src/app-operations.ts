// What operations go over: deliveries that were given up, dead-letter queues, and what has a file of its own.

import type { ArchiveDeps, OperationDeps, OperationQuery, ReplayStateView } from './api/index.ts'
import { busKeyOf } from './app-own-api.ts'
import type { AppOptions, Closers } from './app-options.ts'
import type { Delivery } from './app-delivery.ts'
import { mirrorFilter, MirrorRuns, runsAlready } from './app-mirror-runs.ts'
import { overRoostLetters } from './app-roost-letters.ts'
import type { RoostRoom } from './app-roost.ts'
import type { State } from './app-state.ts'
import { AppError } from './base/index.ts'
import { decodeStoredEvent } from './event/index.ts'
import { DEFAULT_ACCOUNT, queueArn } from './model/index.ts'
import {
  type Operation,
  openOperations,
  type Operations,
  type OperationWish,
  type OperationWork,
} from './operation/index.ts'
import type { DeliveryQuery, DeliveryRow, Store } from './store/index.ts'

const DEFAULT_SCOPE = { account: DEFAULT_ACCOUNT, region: 'us-east-1' }
const PAGE_ROWS = 500

interface OperationParts {
  readonly state: State
  readonly delivery: Delivery
  readonly roost: Pick<RoostRoom, 'current'>
}

export async function openOperationRoom(
  { clock, random, logger }: AppOptions,
  { state, delivery, roost }: OperationParts,
  closers: Closers,
): Promise<Operations> {
  const works = {
    deliveries: overDeliveries(state.store, delivery),
    queue: overQueue(state),
    mirror: new MirrorRuns(state.brokers.directory.find, clock),
    roost: overRoostLetters(() => roost.current()?.deadLetters),
  }
  const operations = await openOperations({
    rows: state.store.rows,
    works,
    clock,
    random,
    logger: logger.child({ room: 'operation' }),
  })
  closers.add(() => operations.close())
  return operations
}

/** Operations, and replays: they are kept with their archives, and shown and cancelled here too. */
export function createOperationDeps(
  operations: Operations,
  { store }: State,
  archives: Pick<ArchiveDeps, 'listReplays' | 'cancelReplay'>,
): OperationDeps {
  return {
    async list() {
      const replays = (await archives.listReplays()).map((replay) => viewOf(replay))
      const all = [...operations.list(), ...replays]
      return all.toSorted((one, other) => other.startedAt - one.startedAt)
    },
    async get(id) {
      if (!isReplay(id)) return operations.get(id)
      const [replay] = await archives.listReplays(id)
      return viewOf(replay!)
    },
    start: (query, who) => operations.start(wishOf(query), who),
    preview: (query) => operations.preview(wishOf(query)),
    startMirror(wish, who) {
      const isSame = ({ over, filter, endedAt }: Operation): boolean =>
        over === 'mirror' && endedAt === undefined && filter['name'] === wish.name
      if (operations.list().some(isSame)) throw runsAlready(wish.name)
      const filter = mirrorFilter(wish)
      return operations.start({ action: 'mirror', over: 'mirror', filter }, who)
    },
    startRoostRedrive({ id, type, perSecond }, who) {
      const filter = given({ id, type })
      const rate = perSecond === undefined ? {} : { perSecond }
      return operations.start({ action: 'redrive', over: 'roost', filter, ...rate }, who)
    },
    async cancel(id) {
      return isReplay(id) ? viewOf(await archives.cancelReplay(id)) : operations.cancel(id)
    },
    async peek(id) {
      const row = await findDead(store, id)
      if (row === undefined)
        throw new AppError('RESOURCE_NOT_FOUND', `no delivery \`${id}\` is dead`)
      const { record, attempts, ...rest } = row
      if (record === undefined) return { ...rest, attempts }
      const event: unknown = JSON.parse(Buffer.from(decodeStoredEvent(record).envelope).toString())
      return { ...rest, attempts, event }
    },
  }
}

function isReplay(id: string): boolean {
  return id.startsWith('arn:')
}

function viewOf(
  replay: ReplayStateView,
): Readonly<Record<string, unknown>> & { readonly startedAt: number } {
  const { arn, archive, bus, state, events, progress, startedAt, endedAt, reason, who } = replay
  return {
    id: arn,
    action: 'replay',
    over: 'archive',
    filter: { archive, bus },
    state: state === 'STARTING' ? 'RUNNING' : state,
    // An estimate while it runs: it knows how far in time it is, not how many are before it.
    total: progress > 0 ? Math.round(events / progress) : events,
    seen: events,
    changed: events,
    startedAt,
    ...(who === undefined ? {} : { who }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(reason === undefined ? {} : { reason }),
  }
}

function wishOf({ action, over, perSecond, ...filter }: OperationQuery): OperationWish {
  const rate = perSecond === undefined ? {} : { perSecond }
  return { action, over, filter: given(filter), ...rate }
}

function given(texts: Readonly<Record<string, string | undefined>>): OperationWish['filter'] {
  const some = Object.entries(texts).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return Object.fromEntries(some)
}

/** Those of a bus, a rule, a target, or that ended with one error. */
function overDeliveries(
  store: Pick<Store, 'deliveries'>,
  { deliverer }: Pick<Delivery, 'deliverer'>,
): OperationWork {
  return {
    async count(wish) {
      refuseOthers(wish, ['bus', 'rule', 'target', 'error'])
      let count = 0
      let after: string | undefined
      do {
        const rows = await store.deliveries.list(queryOf(wish, PAGE_ROWS, after))
        count += wanted(rows, wish).length
        after = rows.length === PAGE_ROWS ? rows.at(-1)!.id : undefined
      } while (after !== undefined)
      return count
    },
    async step(plan, limit) {
      const rows = await store.deliveries.list(queryOf(plan, limit, plan.after))
      const dead = wanted(rows, plan)
      const changed = await (plan.action === 'redrive'
        ? deliverer.redrive(dead)
        : deliverer.purge(dead))
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { seen: dead.length, changed, ...(last === undefined ? {} : { after: last.id }) }
    },
  }
}

function queryOf(
  { filter: { bus, rule, target } }: OperationWish,
  limit: number,
  after: string | undefined,
): DeliveryQuery {
  return {
    state: 'dead',
    limit,
    ...(bus === undefined ? {} : { busKey: busKeyOf(bus) }),
    ...(rule === undefined ? {} : { ruleName: rule }),
    ...(target === undefined ? {} : { targetId: target }),
    ...(after === undefined ? {} : { after }),
  }
}

function wanted(
  rows: readonly DeliveryRow[],
  { filter: { error } }: OperationWish,
): readonly DeliveryRow[] {
  return error === undefined ? rows : rows.filter(({ errorCode }) => errorCode === error)
}

/** The messages of a dead-letter queue that can be seen: back to where they came from or to another queue, or gone. */
function overQueue({ queues }: Pick<State, 'queues'>): OperationWork {
  const { messages, moves } = queues
  return {
    async count(wish) {
      refuseOthers(wish, ['queue', 'to'])
      const source = arnOf(wish.filter['queue'])
      moves.check(source, destinationOf(wish))
      return (await messages.counts(source)).visible
    },
    async step(plan, limit) {
      const source = arnOf(plan.filter['queue'])
      if (plan.action === 'purge') {
        const { visible, inFlight, delayed } = await messages.counts(source)
        await messages.purge(source)
        const count = visible + inFlight + delayed
        return { seen: count, changed: count }
      }
      const moved = await moves.move(source, destinationOf(plan), limit)
      return { seen: moved, changed: moved, ...(moved === 0 ? {} : { after: 'the rest' }) }
    },
  }
}

function destinationOf({ filter: { to } }: OperationWish): string | undefined {
  return to === undefined ? undefined : arnOf(to)
}

function arnOf(queue: string | undefined): string {
  if (queue === undefined) throw new AppError('REQUEST_INVALID', 'expected `queue` to name a queue')
  return queueArnOf(queue)
}

/** Of a name, in the default account and region. */
export function queueArnOf(queue: string): string {
  return queue.startsWith('arn:') ? queue : queueArn(DEFAULT_SCOPE, queue)
}

function refuseOthers({ filter, over }: OperationWish, known: readonly string[]): void {
  const other = Object.keys(filter).find((name) => !known.includes(name))
  if (other === undefined) return
  const names = known.map((name) => `\`${name}\``).join(', ')
  throw new AppError('REQUEST_INVALID', `\`${over}\` are chosen by ${names}, not by \`${other}\``)
}

/** Rows are in order of id, so those before it begin behind its beginning. */
async function findDead(store: Store, id: string): Promise<DeliveryRow | undefined> {
  let after: string | undefined = id.slice(0, -1)
  while (after !== undefined) {
    const query = { state: 'dead', limit: PAGE_ROWS, ...(after === '' ? {} : { after }) } as const
    const rows: readonly DeliveryRow[] = await store.deliveries.list(query)
    const found = rows.find((row) => row.id >= id)
    if (found !== undefined) return found.id === id ? found : undefined
    after = rows.length === PAGE_ROWS ? rows.at(-1)!.id : undefined
  }
  return undefined
}
