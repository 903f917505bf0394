// Calls of AWS operations as events of their caller's default bus, as CloudTrail has EventBridge tell of them: those
// that only read reach the rules alone whose state asks for them.

import type { TellCall, TrailedCall } from './api/index.ts'
import type { AppOptions } from './app-options.ts'
import type { State } from './app-state.ts'
import { createUuid, describeError } from './base/index.ts'
import { type Directed, formatBusKey, formatEnvelopeTime, storePutEvent } from './event/index.ts'
import type { Ingress } from './ingress/index.ts'
import { DEFAULT_BUS } from './model/index.ts'

/** Calls that are being put; more are not told of. */
const PENDING_MAX = 1000

const DETAIL_TYPE = 'AWS API Call via CloudTrail'

/** Undefined where the configuration does not ask for it. */
export function createCallTrail(
  { config, clock, random, logger }: AppOptions,
  { publisher }: Pick<State, 'publisher'>,
  ingress: Pick<Ingress, 'accept'>,
): TellCall | undefined {
  if (!config.cloudTrail) return undefined
  let pending = 0

  /** Undefined for an event that is for every rule of its bus. */
  function directedOf({ isReadOnly }: TrailedCall, busKey: string): Directed | undefined {
    if (!isReadOnly) return undefined
    const rules = Array.from(publisher.findBus(busKey)?.rules.values() ?? [])
    const keys = rules.filter(({ takesReadOnlyCalls }) => takesReadOnlyCalls === true)
    return { rules: keys.map(({ key }) => key), matched: false }
  }

  async function put(call: TrailedCall): Promise<void> {
    const { account, region, source, detail } = call
    const busKey = formatBusKey({ account, region, name: DEFAULT_BUS })
    const directed = directedOf(call, busKey)
    if (directed?.rules.length === 0) return
    const id = createUuid(random)
    const record = storePutEvent({
      busKey,
      account,
      region,
      id,
      source,
      detailType: DETAIL_TYPE,
      time: formatEnvelopeTime(clock.now()),
      resources: [],
      detail,
      ...(directed === undefined ? {} : { directed }),
    })
    await ingress.accept('internal', [{ id, busKey, record }])
  }

  return (call) => {
    if (pending >= PENDING_MAX) {
      logger.warn('a call is not told of: too many are being put', { source: call.source })
      return
    }
    pending += 1
    void put(call)
      .catch((error: unknown) => {
        logger.warn('a call is not told of', { source: call.source, error: describeError(error) })
      })
      .finally(() => {
        pending -= 1
      })
  }
}
