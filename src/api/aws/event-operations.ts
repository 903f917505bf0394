// The operations of `events` that this dialect serves, but for PutEvents, which has a path of its own.

import type { Control } from '../../control/index.ts'
import { apiDestinationOperations } from './api-destination-operations.ts'
import { busOperations } from './bus-operations.ts'
import { connectionOperations } from './connection-operations.ts'
import { endpointOperations } from './endpoint-operations.ts'
import { eventSourceOperations } from './event-source-operations.ts'
import type { AwsOperation } from './operation.ts'
import { patternOperations } from './pattern-operations.ts'
import { permissionOperations } from './permission-operations.ts'
import { ruleOperations } from './rule-operations.ts'
import { tagOperations } from './tag-operations.ts'
import { targetOperations } from './target-operations.ts'

export function eventOperations(control: Control): readonly AwsOperation[] {
  return [
    ...busOperations(control),
    ...ruleOperations(control),
    ...targetOperations(control),
    ...tagOperations(control),
    ...permissionOperations(control),
    ...patternOperations(control),
    ...connectionOperations(control),
    ...apiDestinationOperations(control),
    ...endpointOperations(control),
    ...eventSourceOperations(control),
  ]
}
