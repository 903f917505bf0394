// Keeps the pipe room as the store says of pipes.

import type { Pipes } from '../pipe/index.ts'
import { type KindKeeper, type KindKeeperOptions, openKindKeeper } from './kind-keeper.ts'

export interface PipeKeeperOptions extends Pick<
  KindKeeperOptions<'Pipe'>,
  'rows' | 'decode' | 'onFatal'
> {
  readonly pipes: Pipes
}

/** Resolves when every pipe there is has been started, or stands still as it should. */
export function openPipeKeeper({ pipes, ...rest }: PipeKeeperOptions): Promise<KindKeeper> {
  return openKindKeeper({
    ...rest,
    kind: 'Pipe',
    define: (resource) => pipes.define(resource),
    forget: (key) => pipes.forget(key),
  })
}
