// What pods have said: whoever runs them keeps it, the Kubernetes dialect shows it.

import type { KubeObject } from './kube-object.ts'

export interface PodLogQuery {
  readonly pod: KubeObject
  readonly container: string
  /** What its run before the present one said. */
  readonly previous: boolean
  /** Stays until the container has ended. */
  readonly follow: boolean
  /** Every line begins with when it was said, RFC 3339. */
  readonly timestamps: boolean
  /** The last lines only. */
  readonly tailLines?: number
  /** Milliseconds since 1970: nothing said before. */
  readonly sinceMs?: number
  readonly limitBytes?: number
  readonly signal: AbortSignal
}

export interface PodLogs {
  /** Rejects with `BadRequest` when the container has not said anything yet because it does not run. */
  read(query: PodLogQuery): Promise<AsyncIterable<Uint8Array>>
}
