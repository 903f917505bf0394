// The Kubernetes objects of this process, and who may do what with them.

import type { AppOptions, Closers } from './app-options.ts'
import type { State } from './app-state.ts'
import { type Access, openAccess } from './access/index.ts'
import { type KubeObjects, openMachinery } from './objects/index.ts'

export interface KubeRooms {
  readonly objects: KubeObjects
  readonly access: Access
}

export async function openKubeRooms(
  { clock, random, logger }: AppOptions,
  { store }: Pick<State, 'store'>,
  closers: Closers,
): Promise<KubeRooms> {
  const machinery = await openMachinery({
    rows: store.rows,
    clock,
    random,
    logger: logger.child({ room: 'objects' }),
  })
  closers.add(() => machinery.close())
  const { objects } = machinery
  const access = await openAccess({ objects, clock, logger: logger.child({ room: 'access' }) })
  closers.add(() => access.close())
  return { objects, access }
}
