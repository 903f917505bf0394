export { decodeControlRecord, encodeControlRecord, type ControlRecord } from './control-record.ts'
export { openRouter, type Deliver, type Router, type RouterOptions } from './router.ts'
export { isCompatible, type RoutingTable } from './routing-table.ts'
export { createInputs, type PreparedInput } from './inputs.ts'
