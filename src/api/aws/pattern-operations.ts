// TestEventPattern.

import type { Control } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface TestInput {
  readonly EventPattern: string
  readonly Event: string
}

export function patternOperations(control: Control): readonly AwsOperation[] {
  return [
    operation<TestInput>('events', 'TestEventPattern', (input) => ({
      Result: control.testPattern(input.EventPattern, input.Event),
    })),
  ]
}
