// What control publishes and route compiles: a frozen picture of all buses and rules at one generation.

import type { PolicyStatement } from './bus-policy.ts'
import type { BusSpec, Target } from './kinds.ts'

export interface RoutedRule {
  /** The resource's uid: stable across changes, new after deletion and re-creation. */
  readonly key: string
  readonly name: string
  readonly arn: string
  readonly busKey: string
  /** The pattern's text. A rule without one is reached by directed events alone; disabled ones are not in a ruleset. */
  readonly pattern?: string
  /** Only events that were found valid under a schema version in this range. */
  readonly schemaVersions?: string
  /** Also of calls that only read it gets the events. */
  readonly takesReadOnlyCalls?: true
  readonly targets: readonly Target[]
}

export interface BusRules {
  readonly busKey: string
  readonly deadLetterArn?: string
  /** Who else may use the bus. */
  readonly policy?: readonly PolicyStatement[]
  /** What of its work is told in the log. */
  readonly logConfig?: NonNullable<BusSpec['logConfig']>
  /** By rule name, one per bus. */
  readonly rules: ReadonlyMap<string, RoutedRule>
}

export interface Ruleset {
  /** The store revision it shows. */
  readonly generation: number
  /** By bus key. A bus that did not change is the same object as in the ruleset before. */
  readonly buses: ReadonlyMap<string, BusRules>
}
