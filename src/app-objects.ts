// The Kubernetes objects of this process.

import type { AppOptions } from './app-options.ts'
import type { State } from './app-state.ts'
import { BUILTIN_TYPES, KubeObjects, seedNamespaces } from './objects/index.ts'

export async function openObjects(
  { clock, random }: AppOptions,
  { store }: Pick<State, 'store'>,
): Promise<KubeObjects> {
  const objects = new KubeObjects({ rows: store.rows, clock, random, types: BUILTIN_TYPES })
  await seedNamespaces(objects.client())
  return objects
}
