// Asynchronous invocations: the payload becomes an event on a bus that no user can name, directed at the function;
// the call resolves when it is durable, and the one delivery engine tries it.

import { createUuid, type Clock, type Random } from '../base/index.ts'
import { formatBusKey, formatEnvelopeTime, storePutEvent } from '../event/index.ts'
import type { IncomingEvent } from '../ingress/index.ts'
import { functionArn, type ResourceOf, type Scope } from '../model/index.ts'

export const PAYLOAD_PATH = '$.detail.payload'

export interface Invocation {
  /** JSON text. */
  readonly payload: string
  readonly traceHeader?: string
}

export function invocationBusKey(scope: Scope, name: string): string {
  return formatBusKey({ account: scope.account, region: scope.region, name: `$lambda/${name}` })
}

/** The event that stands for one invocation. */
export function invocationEvent(
  { metadata, spec }: ResourceOf<'FunctionSettings'>,
  { payload, traceHeader }: Invocation,
  { clock, random }: { readonly clock: Pick<Clock, 'now'>; readonly random: Random },
): IncomingEvent {
  const id = createUuid(random)
  const { account, region, name } = spec
  const busKey = invocationBusKey(spec, name)
  const record = storePutEvent({
    busKey,
    account,
    region,
    id,
    source: 'aws.lambda',
    detailType: 'Invocation',
    time: formatEnvelopeTime(clock.now()),
    resources: [functionArn(spec, name)],
    detail: `{"payload":${payload}}`,
    // Its rule is chosen: no pattern will look at it.
    hasPlainNames: false,
    directed: { rules: [metadata.uid], matched: true },
    ...(traceHeader === undefined ? {} : { traceHeader }),
  })
  return { id, busKey, record }
}
