// Global endpoints: one address for two buses of one name in two regions, of which one takes the events.

import type { FaultList, Fields } from './fault-list.ts'
import type { Scope } from './kinds.ts'

export interface EndpointSpec extends Scope {
  readonly name: string
  /** What callers put to, such as `abcdefghij.klm`. */
  readonly endpointId: string
  readonly description?: string
  /** ARN of the Route 53 health check that stands for the primary region. */
  readonly healthCheckArn: string
  readonly secondaryRegion: string
  /** ARNs of the two buses. */
  readonly buses: readonly string[]
  /** Every event goes to both. */
  readonly isReplicated: boolean
  readonly roleArn?: string
}

export interface EndpointStatus {
  /** The secondary takes the events. */
  readonly isFailedOver: boolean
  /** Whole seconds since the epoch. */
  readonly since: number
}

export function checkEndpoint(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], { lengthMax: 64, pattern: /^[.\-_A-Za-z0-9]+$/ })
  faults.text('spec.endpointId', spec['endpointId'], {
    lengthMax: 50,
    pattern: /^[A-Za-z0-9-]+\.[A-Za-z0-9-]+$/,
  })
  faults.text('spec.description', spec['description'], {
    lengthMin: 0,
    lengthMax: 512,
    isOptional: true,
  })
  faults.text('spec.healthCheckArn', spec['healthCheckArn'], { lengthMax: 1600, pattern: /^arn:/ })
  faults.text('spec.secondaryRegion', spec['secondaryRegion'], { lengthMax: 32 })
  const buses = faults.items('spec.buses', spec['buses'], 2)
  if (buses.length !== 2) faults.add('spec.buses', 'two buses', buses.length)
  for (const [index, bus] of buses.entries())
    faults.text(`spec.buses[${index}]`, bus, { lengthMax: 512, pattern: /^arn:/ })
  if (typeof spec['isReplicated'] !== 'boolean')
    faults.add('spec.isReplicated', 'true or false', spec['isReplicated'])
}
