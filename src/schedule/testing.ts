// What tests of schedules need: a room over a memory log and store that can crash at any step of a firing and start
// again on what was durable, and a record of all that fired.

import { AppError, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { decodeStoredEvent, type StoredEvent } from '../event/index.ts'
import {
  createTimeline,
  findTimeZone,
  parseScheduleExpression,
  type Timeline,
} from '../expression/index.ts'
import type { IncomingEvent } from '../ingress/index.ts'
import { openMemoryStore } from '../store/index.ts'
import type { Plan } from './plan.ts'
import { ScheduleClock } from './schedule-clock.ts'

/** Where a crash may come: before the firing is durable, after it but before anybody hears of it. */
export type CrashPoint = 'before append' | 'after append'

const BUS_KEY = '000000000000/us-east-1/$schedules'

/** What survives a crash, and the room that runs on it. */
export class ScheduleWorld {
  readonly clock: FakeClock
  readonly plans: Map<string, Plan> = new Map()
  readonly completed: string[] = []
  /** The log: every durable event, in order. */
  readonly #log: StoredEvent[] = []
  readonly #store = openMemoryStore()
  #room: ScheduleClock | undefined
  #crash: CrashPoint | undefined
  /** The disk is full. */
  isFull: boolean = false

  constructor(now: number) {
    this.clock = new FakeClock(now)
  }

  get room(): ScheduleClock {
    return this.#room!
  }

  async start(): Promise<void> {
    this.#crash = undefined
    const room = new ScheduleClock({
      rows: this.#store.rows,
      log: {
        end: () => [{ partition: 0, offset: this.#log.length }],
        events: (from) => this.#read(from?.[0]?.offset ?? 0),
      },
      ingress: { accept: (_, events) => this.#accept(room, events) },
      clock: this.clock,
      random: seededRandom(1),
      logger: silentLogger,
      onCompleted: ({ key }) => this.completed.push(key),
      onFatal: (error) => {
        throw error
      },
    })
    this.#room = room
    await room.load()
    for (const plan of this.plans.values()) room.put(plan)
    room.start()
  }

  /** The process is gone at once: nothing is waited for, nothing is said. */
  crash(): void {
    void this.#room?.close()
    this.#room = undefined
  }

  async restart(): Promise<void> {
    this.crash()
    await this.start()
  }

  /** The next firing takes the process with it; `hasCrashed` tells when. */
  crashAt(point: CrashPoint): void {
    this.#crash = point
  }

  get hasCrashed(): boolean {
    return this.#room === undefined
  }

  put(plan: Plan): void {
    this.plans.set(plan.key, plan)
    this.#room?.put(plan)
  }

  /** Of each plan what fired, in order of the log: `key@time`. */
  fired(): readonly string[] {
    return this.#log.map((event) => {
      const { time } = event.toEvent()
      return `${event.meta().directed?.rules[0]}@${time}`
    })
  }

  events(): readonly StoredEvent[] {
    return this.#log
  }

  async #accept(room: ScheduleClock, events: readonly IncomingEvent[]): Promise<never[]> {
    // Who is dead reaches nothing; what it waits for never comes.
    if (room !== this.#room) return new Promise(() => {})
    if (this.isFull) throw new AppError('LOG_FULL', 'the disk is full')
    const point = this.#crash
    this.#crash = undefined
    if (point !== 'before append') {
      for (const { record } of events) this.#log.push(decodeStoredEvent(record))
    }
    if (point === undefined) return []
    this.#room = undefined
    return new Promise(() => {})
  }

  async *#read(offset: number): AsyncIterable<StoredEvent> {
    yield* this.#log.slice(offset)
  }
}

export interface PlanDraft {
  readonly key: string
  readonly expression: string
  readonly zone?: string
  readonly sinceMs: number
  readonly windowMs?: number
  readonly isAnchorIncluded?: boolean
}

export function planOf(draft: PlanDraft): Plan {
  const { key, sinceMs, windowMs = 0 } = draft
  return {
    key,
    kind: 'schedule',
    arn: `arn:aws:scheduler:us-east-1:000000000000:schedule/default/${key}`,
    busKey: BUS_KEY,
    account: '000000000000',
    region: 'us-east-1',
    timeline: timelineOf(draft),
    sinceMs,
    windowMs,
    event: () => ({ source: 'aws.scheduler', detailType: 'Scheduled Event', detail: '{}' }),
  }
}

function timelineOf({ expression, zone, sinceMs, isAnchorIncluded = false }: PlanDraft): Timeline {
  return createTimeline({
    expression: parseScheduleExpression(expression)!,
    zone: findTimeZone(zone ?? 'UTC'),
    anchorMs: sinceMs,
    isAnchorIncluded,
  })
}
