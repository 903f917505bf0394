// Objects that have to be there: whoever finds them missing makes them, and who comes second is content.

import type { KubeClient } from './kube-client.ts'
import { hasKubeReason } from './kube-error.ts'
import type { KubeObject } from './kube-object.ts'

/** What is there already stays as it is. */
export async function createOnce(client: KubeClient, object: KubeObject): Promise<void> {
  try {
    await client.create(object)
  } catch (error) {
    if (!hasKubeReason(error, 'AlreadyExists')) throw error
  }
}
