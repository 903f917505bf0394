// The mark on an object that keeps it until this room has taken away what was made for it.

import type { KubeClient, KubeObject } from '../objects/index.ts'
import { FINALIZER } from './names.ts'

export function hasFinalizer({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.includes(FINALIZER) ?? false
}

/** The object with the mark, as it is stored. */
export async function addFinalizer(client: KubeClient, object: KubeObject): Promise<KubeObject> {
  if (hasFinalizer(object)) return object
  const finalizers = [...(object.metadata.finalizers ?? []), FINALIZER]
  return client.update({ ...object, metadata: { ...object.metadata, finalizers } })
}

/** Lets a marked object go. */
export async function removeFinalizer(client: KubeClient, object: KubeObject): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== FINALIZER)
  await client.update({ ...object, metadata: { ...object.metadata, finalizers } })
}
