// How a queue is named in SQS requests: `http://host/account/name`. Whatever host a client was given or thinks
// of, the path decides; a plain name means a queue of the caller.

import type { Scope } from '../../model/index.ts'
import { awsFault } from './faults.ts'
import type { OperationContext } from './operation.ts'

export interface QueueAddress {
  readonly scope: Scope
  readonly name: string
}

export function formatQueueUrl(
  queue: { readonly account: string; readonly name: string },
  context: Pick<OperationContext, 'endpoint'>,
): string {
  return `${context.endpoint}/${queue.account}/${queue.name}`
}

/** Queues of other accounts are as good as absent: nobody but their owner sees them. */
export function parseQueueUrl(
  url: string,
  context: Pick<OperationContext, 'account' | 'region'>,
): QueueAddress {
  const { account, region } = context
  if (/^[A-Za-z0-9_-]+(\.fifo)?$/.test(url)) return { scope: { account, region }, name: url }
  const path = /^https?:\/\/[^/]+\/(?:[^?#]*\/)?(\d{12})\/([^/?#]+)\/?$/.exec(url)
  if (path === null) {
    throw awsFault('InvalidAddress', `The address ${url} is not valid for this endpoint.`)
  }
  if (path[1] !== account) {
    throw awsFault('QueueDoesNotExist', 'The specified queue does not exist.')
  }
  return { scope: { account, region }, name: path[2]! }
}
