// One real cluster: who reaches it, and clients for its objects.

import type { Clock, Logger } from '../base/index.ts'
import type { KubeClient, KubeType } from '../objects/index.ts'
import { ClusterClient } from './cluster-client.ts'
import { type ActingUser, ClusterLink } from './cluster-link.ts'
import { Discovery } from './discovery.ts'
import type { ClusterAccess } from './kubeconfig.ts'

export interface ClusterOptions {
  readonly access: ClusterAccess
  readonly clock: Clock
  readonly logger: Logger
  /** What a program that makes credentials inherits. */
  readonly env: NodeJS.ProcessEnv
}

export interface Cluster {
  readonly server: string
  /** As the kubeconfig's user, or acting as another, which its rights must allow. */
  client(actAs?: ActingUser): KubeClient
  /** Undefined for a kind that is not served. Rejects with a `KubeError` when the cluster cannot be asked. */
  isNamespaced(type: KubeType): Promise<boolean | undefined>
  /** What the cluster says it is, `v1.32.4`; rejects with a `KubeError`. */
  version(): Promise<string>
  /** Watches end, and calls are refused. */
  close(): void
}

export function openCluster({ access, clock, logger, env }: ClusterOptions): Cluster {
  const link = new ClusterLink({ access, clock, env })
  const discovery = new Discovery(link, clock)
  return {
    server: link.server,
    client: (actAs) => new ClusterClient({ link, discovery, clock, logger, actAs }),
    isNamespaced: async (type) => (await discovery.find(type))?.namespaced,
    async version() {
      const { body } = await link.call({ method: 'GET', path: '/version' })
      return String((body as { gitVersion?: unknown } | null)?.gitVersion)
    },
    close: () => link.close(),
  }
}
