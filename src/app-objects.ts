// The Kubernetes objects of this process.

import type { AppOptions, Closers } from './app-options.ts'
import type { State } from './app-state.ts'
import { type KubeObjects, openMachinery } from './objects/index.ts'

export async function openObjects(
  { clock, random, logger }: AppOptions,
  { store }: Pick<State, 'store'>,
  closers: Closers,
): Promise<KubeObjects> {
  const machinery = await openMachinery({
    rows: store.rows,
    clock,
    random,
    logger: logger.child({ room: 'objects' }),
  })
  closers.add(() => machinery.close())
  return machinery.objects
}
