// The calls of our own API that are about the roost keeper.

import type { OperationView } from './operation-calls.ts'
import { formatQuery } from './query.ts'
import type { Transport } from './transport.ts'

export interface RoostKeeperView {
  readonly status: 'stopped' | 'healthy' | 'degraded'
  /** Why it is not healthy. */
  readonly reasons: readonly string[]
  readonly breaker: 'closed' | 'open' | 'half-open'
  readonly pending: number
  readonly lag: Readonly<Record<string, number>>
  readonly deadLetters: { readonly count: number; readonly held: number }
}

export interface RoostLetterView {
  readonly id: string
  /** Milliseconds since the Unix epoch. */
  readonly failedAt: number
  readonly way: 'out' | 'in'
  readonly isHeld: boolean
  readonly type: string
}

export interface RoostLetterFilter {
  readonly id?: string | undefined
  readonly type?: string | undefined
}

export interface RoostReplayWish {
  /** RFC 3339. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly types?: string | undefined
  readonly topic?: string | undefined
}

export interface RoostCalls {
  roostKeeper(signal: AbortSignal): Promise<RoostKeeperView>
  roostLetters(type: string | undefined, signal: AbortSignal): Promise<readonly RoostLetterView[]>
  startRoostRedrive(
    filter: RoostLetterFilter & { readonly rate?: string | undefined },
    signal: AbortSignal,
  ): Promise<OperationView>
  purgeRoostLetters(
    filter: RoostLetterFilter,
    signal: AbortSignal,
  ): Promise<{ readonly purged: number }>
  resetRoostBreaker(signal: AbortSignal): Promise<RoostKeeperView>
  replayRoostEvents(
    wish: RoostReplayWish,
    signal: AbortSignal,
  ): Promise<{ readonly id: string; readonly seen: number; readonly replayed: number }>
}

/** `prefix` is that of our own API. */
export function createRoostCalls(transport: Transport, prefix: string): RoostCalls {
  const keeper = `${prefix}/roost`
  const letters = `${keeper}/dead-letters`
  const get = async <T>(path: string, signal: AbortSignal): Promise<T> =>
    (await transport.json({ method: 'GET', path, signal })) as T
  const post = async <T>(path: string, signal: AbortSignal): Promise<T> =>
    (await transport.json({ method: 'POST', path, signal })) as T
  return {
    roostKeeper: (signal) => get(keeper, signal),
    async roostLetters(type, signal) {
      const path = `${letters}?${formatQuery({ type, limit: 1000 })}`
      return (await get<{ readonly items: readonly RoostLetterView[] }>(path, signal)).items
    },
    startRoostRedrive: (filter, signal) =>
      post(`${letters}/redrive/start?${formatQuery({ ...filter })}`, signal),
    purgeRoostLetters: (filter, signal) =>
      post(`${letters}/purge?${formatQuery({ ...filter })}`, signal),
    resetRoostBreaker: (signal) => post(`${keeper}/breaker/reset`, signal),
    replayRoostEvents: (wish, signal) =>
      post(`${keeper}/replay?${formatQuery({ ...wish })}`, signal),
  }
}
