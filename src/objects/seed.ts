// The namespaces that every server has.

import { createOnce } from './create-once.ts'
import type { KubeClient } from './kube-client.ts'

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

/** Makes those that are not there. */
export async function seedNamespaces(client: KubeClient): Promise<void> {
  for (const name of NAMESPACES) {
    await createOnce(client, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
}
