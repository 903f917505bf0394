// What ingress asks of whoever knows the schemas: whether an event of a bus may be kept, and under which version
// it was found valid.

import type { IncomingEvent } from './ingress.ts'

export type Passage =
  /** With the record that names the schema version, where the event was found valid. */
  | { readonly kind: 'pass'; readonly record?: Uint8Array }
  | { readonly kind: 'refuse'; readonly faults: readonly string[] }

export interface SchemaGate {
  /** False while no bus asks for it: then nothing is held against anything. */
  readonly isOn: boolean
  /** Resolves once a refused event is where its bus wants it. */
  check(event: IncomingEvent): Promise<Passage>
}
