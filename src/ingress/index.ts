export { openIngress, type IngressOptions, type IngressState } from './acceptor.ts'
export type { AcceptResult, IncomingEvent, Ingress } from './ingress.ts'
export { DEDUPE_WINDOW_MS } from './limits.ts'
