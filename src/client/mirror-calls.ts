// Mirrors, as our own API runs them.

import { readMessages } from './message-reader.ts'
import type { OperationView } from './operation-calls.ts'
import { formatQuery } from './query.ts'
import { type ErrorBody, failureOf, type Transport } from './transport.ts'

export interface MirrorWish {
  readonly name: string
  /** `kafka://BROKER/TOPIC` */
  readonly from: string
  readonly to: string
  readonly path?: string | undefined
  readonly template?: string | undefined
  /** JSON text. */
  readonly paths?: string | undefined
  /** `1` ends it when all is copied. */
  readonly untilEnd?: '1' | undefined
}

export interface MirrorProgressView {
  readonly copied: number
  readonly behind: number
}

export interface RolledBackView {
  readonly partition: number
  /** Absent where nothing was read before. */
  readonly before?: number
  readonly after: number
}

export interface MirrorCalls {
  /** Runs for as long as it is read. */
  mirror(wish: MirrorWish, signal: AbortSignal): AsyncIterable<MirrorProgressView>
  /** Runs in the server. */
  startMirror(wish: MirrorWish, signal?: AbortSignal): Promise<OperationView>
  rollBack(
    wish: Pick<MirrorWish, 'name' | 'from' | 'to'>,
    signal?: AbortSignal,
  ): Promise<readonly RolledBackView[]>
}

/** `prefix` is that of our own API. */
export function createMirrorCalls(transport: Transport, prefix: string): MirrorCalls {
  return {
    async *mirror(wish, signal) {
      const path = `${prefix}/brokers/mirror?${formatQuery({ ...wish })}`
      const pieces = await transport.stream({ method: 'POST', path, signal })
      for await (const { event, data } of readMessages(pieces)) {
        if (event === 'progress') yield JSON.parse(data) as MirrorProgressView
        // The answer had begun when the mirror failed, so the failure comes on the stream.
        if (event === 'error') throw failureOf(JSON.parse(data) as ErrorBody)
        if (event === 'end') return
      }
    },
    async startMirror(wish, signal) {
      const path = `${prefix}/brokers/mirror/start?${formatQuery({ ...wish })}`
      return (await transport.json({ method: 'POST', path, signal })) as OperationView
    },
    async rollBack(wish, signal) {
      const path = `${prefix}/brokers/rollback?${formatQuery({ ...wish })}`
      const answer = await transport.json({ method: 'POST', path, signal })
      return (answer as { readonly items: readonly RolledBackView[] }).items
    },
  }
}
