// What this server takes beyond the patterns of AWS's tables: addresses of brokers where pipes have ARNs. What such an
// address must be is the use case's to say.

import type { ServiceName } from './shapes.ts'

const BROKER_ADDRESS = /^(?:kafka|nats):/

const WIDER: Partial<Record<ServiceName, Readonly<Record<string, RegExp>>>> = {
  pipes: { Arn: BROKER_ADDRESS, ArnOrUrl: BROKER_ADDRESS },
}

/** Whether a value that a shape's pattern refuses is one of ours. */
export function isWiderForm(service: ServiceName, shapeName: string, text: string): boolean {
  return WIDER[service]?.[shapeName]?.test(text) === true
}
