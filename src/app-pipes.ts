// The pipes of this process: what they read, and that they send and ask through the sinks of the deliverer.

import type { Delivery } from './app-delivery.ts'
import type { AppOptions, Closers } from './app-options.ts'
import type { State } from './app-state.ts'
import { createPipeUses, openPipeKeeper, type PipeUses } from './control/index.ts'
import { decodeResource, Objects } from './objects/index.ts'
import { Pipes } from './pipe/index.ts'
import { createQueueSourceKind } from './queue/index.ts'

export interface PipeRoom {
  readonly pipes: Pipes
  readonly uses: PipeUses
}

export async function openPipes(
  { clock, random, logger, onFatal }: AppOptions,
  { store, queues }: State,
  { sinks, closers }: { readonly sinks: Delivery['sinks']; readonly closers: Closers },
): Promise<PipeRoom> {
  const roomLogger = logger.child({ room: 'pipe' })
  const pipes = new Pipes({
    sources: [createQueueSourceKind({ queues, clock, logger: roomLogger })],
    sinkAt: (address) => sinks.at(address),
    invoker: sinks,
    clock,
    random,
    logger: roomLogger,
  })
  closers.add(() => pipes.close(AbortSignal.abort()))
  const keeper = await openPipeKeeper({ rows: store.rows, decode: decodeResource, pipes, onFatal })
  closers.add(() => keeper.close())
  const resources = new Objects({ rows: store.rows, clock, random })
  const settled = (): Promise<void> => keeper.settled()
  return { pipes, uses: createPipeUses({ resources, pipes, settled, clock }) }
}
