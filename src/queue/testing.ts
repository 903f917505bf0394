// What tests of queues need: a Queue resource from few words.

import { API_VERSION, encodeName, namespaceOf, type ResourceOf } from '../model/index.ts'

export interface QueueResourceOptions {
  readonly name?: string
  readonly uid?: string
  readonly fifo?: boolean
  readonly attributes?: Readonly<Record<string, string>>
}

/** In account 000000000000 and region us-east-1. */
export function queueResource(options: QueueResourceOptions = {}): ResourceOf<'Queue'> {
  const { name = 'orders', uid = 'uid-1', fifo = false, attributes = {} } = options
  const scope = { account: '000000000000', region: 'us-east-1' }
  return {
    apiVersion: API_VERSION,
    kind: 'Queue',
    metadata: {
      name: encodeName([scope.region, name]),
      namespace: namespaceOf(scope.account),
      uid,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { ...scope, name, fifo, attributes },
  }
}
