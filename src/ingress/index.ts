export { openIngress, type IngressOptions, type IngressState } from './acceptor.ts'
export type { AcceptOptions, AcceptResult, IncomingEvent, Ingress } from './ingress.ts'
export type { Passage, SchemaGate } from './schema-gate.ts'
