// Publishes the ruleset: watches buses and all that is routed (rules and their kin) in the store, and for each new revision of them builds a
// frozen Ruleset, writes a control record into the log, and only then lets the change be answered. So an event
// is matched under the ruleset that was live at its position, also after a crash or behind a lag.
//
// Invariant: a ruleset shows one store revision, whole; a bus that did not change is the same object.
// Invariant: a generation's ruleset is known here before its control record can be read from the log.

import { type Clock, describeError, isAppError, type Logger } from '../base/index.ts'
import { formatBusKey } from '../event/index.ts'
import type { Log } from '../log/index.ts'
import {
  type BusRules,
  type BusSpec,
  DEFAULT_BUS,
  type Resource,
  type RoutedRule,
  type Ruleset,
  type Target,
} from '../model/index.ts'
import { encodeControlRecord } from '../route/index.ts'
import { listAllRows, type Row, type RowChange, type RowStore } from '../store/index.ts'
import { isRoutedKind, ROUTED_KINDS, routedOf } from './routed-kinds.ts'

/** Store revisions of history kept beyond what any cursor needs, for watchers. */
const REVISIONS_KEPT = 10_000

export interface PublisherOptions {
  readonly rows: RowStore
  readonly log: Pick<Log, 'append'>
  /** The resource that a row holds. */
  readonly decode: (row: Row) => Resource
  readonly clock: Clock
  readonly logger: Logger
  readonly onFatal: (error: unknown) => void
}

export interface CurrentTarget {
  readonly rule: RoutedRule
  readonly target: Target
}

export class RulesetPublisher {
  readonly #options: PublisherOptions
  readonly #stop = new AbortController()
  readonly #recent = new Map<number, Ruleset>()
  #current: Ruleset
  /** By rule key, of the current ruleset and of disabled rules too: pending deliveries look here. */
  readonly #byKey = new Map<string, RoutedRule>()
  /** By row: what the row last meant, so that its change can be undone. */
  readonly #byRow = new Map<string, RoutedRule>()
  #staged = new Map<string, Map<string, RoutedRule>>()
  #stagedBuses: Map<string, BusRules> | undefined
  #seen: number
  #published: number
  /** The current ruleset has no control record yet: the disk was full. */
  #isUnmarked = false
  #isFlushing = false
  #isScheduled = false
  #waiters: { readonly revision: number; readonly resolve: () => void }[] = []
  #listeners: (() => void)[] = []
  #loop: Promise<void> = Promise.resolve()

  private constructor(options: PublisherOptions, current: Ruleset) {
    this.#options = options
    this.#current = current
    this.#seen = current.generation
    this.#published = current.generation
    this.#recent.set(current.generation, current)
  }

  /** Reads the newest state, marks it in the log, and follows the store from there. */
  static async open(options: PublisherOptions): Promise<RulesetPublisher> {
    const rules = await listRules(options)
    const publisher = new RulesetPublisher(options, rules.ruleset)
    for (const [row, rule] of rules.byRow) {
      publisher.#byRow.set(row, rule)
      publisher.#byKey.set(rule.key, rule)
    }
    await publisher.#mark(rules.ruleset.generation)
    publisher.#loop = publisher.#follow()
    return publisher
  }

  current(): Ruleset {
    return this.#current
  }

  /** A bus as it is now; undefined when there is none, or nothing is known of it but its name. */
  findBus(busKey: string): BusRules | undefined {
    return this.#current.buses.get(busKey)
  }

  /** The default bus of every account and region is there without being made. */
  hasBus(busKey: string): boolean {
    return busKey.endsWith(`/${DEFAULT_BUS}`) || this.#current.buses.has(busKey)
  }

  findTarget(ruleKey: string, targetId: string): CurrentTarget | undefined {
    const rule = this.#byKey.get(ruleKey)
    const target = rule?.targets.find((candidate) => candidate.id === targetId)
    return rule === undefined || target === undefined ? undefined : { rule, target }
  }

  /** The keys of those of a bus's live rules that these ARNs name. */
  ruleKeys(busKey: string, arns: readonly string[]): readonly string[] {
    const rules = this.#current.buses.get(busKey)?.rules.values() ?? []
    return Array.from(rules)
      .filter(({ arn }) => arns.includes(arn))
      .map(({ key }) => key)
  }

  /** The ruleset as it was at a generation; for route. */
  async rulesetAt(generation: number): Promise<Ruleset> {
    const recent = this.#recent.get(generation)
    if (recent !== undefined) return recent
    try {
      return (await listRules(this.#options, generation)).ruleset
    } catch (error) {
      if (!isAppError(error, 'REVISION_COMPACTED')) throw error
      // Only a data directory put together from two times can lead here.
      this.#options.logger.error(
        'the rules of an old generation are no longer kept; using the newest',
        {
          generation,
        },
      )
      return this.#current
    }
  }

  /** Resolves once every change written so far is live: the next event sees it. */
  publish(): Promise<void> {
    const revision = this.#options.rows.revision()
    if (this.#published >= revision) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiters.push({ revision, resolve })
    })
  }

  /** Calls back after each new generation. */
  onPublished(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Forgets generations before this one, which every cursor has passed. */
  async forget(generation: number): Promise<void> {
    for (const known of this.#recent.keys()) {
      if (known < generation && known !== this.#current.generation) this.#recent.delete(known)
    }
    const compactTo = Math.min(generation, this.#options.rows.revision() - REVISIONS_KEPT) - 1
    if (compactTo > 0) await this.#options.rows.compact(compactTo)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  async #follow(): Promise<void> {
    const { rows, onFatal } = this.#options
    try {
      for await (const change of rows.watch({ after: this.#seen, signal: this.#stop.signal })) {
        this.#stage(change)
        this.#seen = change.row.revision
        this.#schedule()
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) onFatal(error)
    }
  }

  // The changes of one revision arrive together; publishing from a timer sees all of them or none.
  #schedule(): void {
    if (this.#isScheduled || this.#isFlushing) return
    this.#isScheduled = true
    this.#options.clock.setTimer(0, () => {
      this.#isScheduled = false
      void this.#flush()
    })
  }

  #stage({ type, row }: RowChange): void {
    if (row.kind === 'EventBus') this.#stageBus(type, row)
    else if (isRoutedKind(row.kind)) this.#stageRule(type, row)
  }

  #stageRule(type: RowChange['type'], row: Row): void {
    const rowKey = rowKeyOf(row)
    const before = this.#byRow.get(rowKey)
    if (before !== undefined) {
      this.#rulesOf(before.busKey).delete(before.name)
      this.#byKey.delete(before.key)
      this.#byRow.delete(rowKey)
    }
    if (type === 'delete') return
    const routed = routedOf(this.#options.decode(row))
    if (routed === undefined) return
    const { rule, isOn } = routed
    this.#byRow.set(rowKey, rule)
    this.#byKey.set(rule.key, rule)
    if (isOn) this.#rulesOf(rule.busKey).set(rule.name, rule)
  }

  #stageBus(type: RowChange['type'], row: Row): void {
    const { spec } = this.#options.decode(row) as Resource<BusSpec>
    const busKey = formatBusKey(spec)
    this.#stagedBuses ??= new Map(this.#current.buses)
    if (type === 'delete') {
      this.#stagedBuses.delete(busKey)
      this.#staged.delete(busKey)
    } else this.#stagedBuses.set(busKey, busRules(busKey, spec, this.#rulesOf(busKey)))
  }

  /** The staged rules of a bus: a copy of the current ones, once per flush. */
  #rulesOf(busKey: string): Map<string, RoutedRule> {
    let rules = this.#staged.get(busKey)
    if (rules === undefined) {
      rules = new Map(this.#current.buses.get(busKey)?.rules)
      this.#staged.set(busKey, rules)
    }
    return rules
  }

  async #flush(): Promise<void> {
    if (this.#isFlushing) return
    this.#isFlushing = true
    try {
      while (this.#seen > this.#published) {
        const generation = this.#seen
        const ruleset = this.#takeStaged(generation)
        if (ruleset !== undefined) {
          this.#recent.set(generation, ruleset)
          this.#current = ruleset
          this.#isUnmarked = true
        }
        if (this.#isUnmarked) {
          await this.#mark(this.#current.generation)
          this.#isUnmarked = false
          for (const listener of this.#listeners) listener()
        }
        this.#published = generation
        this.#answer()
      }
    } catch (error) {
      if (!isAppError(error, 'LOG_FULL')) {
        if (!this.#stop.signal.aborted) this.#options.onFatal(error)
        return
      }
      this.#options.logger.warn('rules cannot be published: the disk is full', {
        error: describeError(error),
      })
      this.#options.clock.setTimer(1000, () => void this.#flush())
    } finally {
      this.#isFlushing = false
    }
  }

  #takeStaged(generation: number): Ruleset | undefined {
    if (this.#staged.size === 0 && this.#stagedBuses === undefined) return undefined
    const buses = this.#stagedBuses ?? new Map(this.#current.buses)
    for (const [busKey, rules] of this.#staged) {
      const before = buses.get(busKey)
      if (rules.size > 0 || before !== undefined) buses.set(busKey, { ...before, busKey, rules })
    }
    this.#staged = new Map()
    this.#stagedBuses = undefined
    return { generation, buses }
  }

  async #mark(generation: number): Promise<void> {
    await this.#options.log.append([
      { kind: 'control', payload: encodeControlRecord({ generation }) },
    ])
  }

  #answer(): void {
    const waiting = this.#waiters
    this.#waiters = []
    for (const waiter of waiting) {
      if (waiter.revision <= this.#published) waiter.resolve()
      else this.#waiters.push(waiter)
    }
  }
}

interface ListedRules {
  readonly ruleset: Ruleset
  readonly byRow: ReadonlyMap<string, RoutedRule>
}

async function listRules(options: PublisherOptions, revision?: number): Promise<ListedRules> {
  const buses = new Map<string, BusRules>()
  const rulesByBus = new Map<string, Map<string, RoutedRule>>()
  const byRow = new Map<string, RoutedRule>()
  const busRows = await listAllRows(options.rows, {
    kind: 'EventBus',
    ...(revision === undefined ? {} : { revision }),
  })
  const generation = revision ?? busRows.revision
  for (const kind of ROUTED_KINDS) {
    const { rows } = await listAllRows(options.rows, { kind, revision: generation })
    for (const row of rows) {
      const routed = routedOf(options.decode(row))
      if (routed === undefined) continue
      const { rule, isOn } = routed
      byRow.set(rowKeyOf(row), rule)
      if (!isOn) continue
      const rules = rulesByBus.get(rule.busKey) ?? new Map<string, RoutedRule>()
      rulesByBus.set(rule.busKey, rules.set(rule.name, rule))
    }
  }
  for (const row of busRows.rows) {
    const { spec } = options.decode(row) as Resource<BusSpec>
    const busKey = formatBusKey(spec)
    buses.set(busKey, busRules(busKey, spec, rulesByBus.get(busKey) ?? new Map()))
  }
  for (const [busKey, rules] of rulesByBus) {
    if (!buses.has(busKey)) buses.set(busKey, { busKey, rules })
  }
  return { ruleset: { generation, buses }, byRow }
}

function rowKeyOf({ kind, namespace, name }: Row): string {
  return `${kind}/${namespace}/${name}`
}

function busRules(busKey: string, spec: BusSpec, rules: ReadonlyMap<string, RoutedRule>): BusRules {
  const { deadLetterArn, policy, logConfig } = spec
  return {
    busKey,
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    ...(policy === undefined ? {} : { policy }),
    ...(logConfig === undefined ? {} : { logConfig }),
    rules,
  }
}
