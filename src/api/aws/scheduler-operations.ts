// The operations of EventBridge Scheduler.

import type { Control } from '../../control/index.ts'
import type { AwsOperation } from './operation.ts'
import { scheduleGroupOperations } from './schedule-group-operations.ts'
import { scheduleOperations } from './schedule-operations.ts'

export function schedulerOperations(control: Control): readonly AwsOperation[] {
  return [...scheduleOperations(control), ...scheduleGroupOperations(control)]
}
