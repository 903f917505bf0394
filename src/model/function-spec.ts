// Functions: what is run, and what is known of one beside its code.

import type { FaultList, Fields, TextRule } from './fault-list.ts'
import type { Scope, Tags } from './kinds.ts'

export interface FunctionSpec extends Scope {
  readonly name: string
  readonly runtime: 'node' | 'python'
  /** Absolute path of the source file, and the exported name: `file:name` (`handler` or `lambda_handler` when absent). */
  readonly handler: string
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds one invocation may take. */
  readonly timeoutMs: number
  readonly memoryMb: number
  /** How many invocations may run at once, each in a process of its own. */
  readonly concurrency: number
  /** How it was given by the Lambda API; absent for what lies in a file of the operator's. */
  readonly lambda?: LambdaDetails
}

export interface LambdaDetails {
  /** `nodejs24.x` and its like. */
  readonly runtime: string
  /** As given: `index.handler`. */
  readonly handler: string
  readonly role: string
  /** Where its archive lies unpacked, absolute. */
  readonly codeDirectory: string
  /** Of the archive, base64. */
  readonly codeSha256: string
  readonly codeSizeBytes: number
  /** What has no effect here and is shown as it was given, by its AWS name. */
  readonly kept: Readonly<Record<string, unknown>>
}

/** Of any function, wherever its code comes from. */
export interface FunctionSettingsSpec extends Scope {
  readonly name: string
  /** The statements of its resource policy, as AWS writes them. */
  readonly policy: readonly Readonly<Record<string, unknown>>[]
  /** Where asynchronous invocations go that failed. */
  readonly deadLetterArn?: string
  readonly tags?: Tags
}

const FUNCTION_NAME: TextRule = { lengthMax: 64, pattern: /^[A-Za-z0-9-_]+$/ }
const ENV_NAME: TextRule = { lengthMax: 256, pattern: /^[A-Za-z_][A-Za-z0-9_]*$/ }
const PATH: TextRule = { lengthMax: 4096, pattern: /^\// }
const ENV_MAX = 100
const POLICY_STATEMENTS_MAX = 100

export function checkFunction(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], FUNCTION_NAME)
  faults.oneOf('spec.runtime', spec['runtime'], ['node', 'python'])
  faults.text('spec.handler', spec['handler'], PATH)
  faults.texts('spec.env', spec['env'], {
    key: ENV_NAME,
    value: { lengthMin: 0, lengthMax: 32_768 },
    entriesMax: ENV_MAX,
    isOptional: true,
  })
  faults.integer('spec.timeoutMs', spec['timeoutMs'], { min: 100, max: 900_000 })
  faults.integer('spec.memoryMb', spec['memoryMb'], { min: 32, max: 10_240 })
  faults.integer('spec.concurrency', spec['concurrency'], { min: 1, max: 1000 })
  if (spec['lambda'] !== undefined) checkDetails(faults, spec['lambda'])
}

function checkDetails(faults: FaultList, value: unknown): void {
  const details = faults.fields('spec.lambda', value)
  if (details === undefined) return
  faults.text('spec.lambda.runtime', details['runtime'], { lengthMax: 64 })
  faults.text('spec.lambda.handler', details['handler'], { lengthMax: 128 })
  faults.text('spec.lambda.role', details['role'], { lengthMax: 1600 })
  faults.text('spec.lambda.codeDirectory', details['codeDirectory'], PATH)
  faults.text('spec.lambda.codeSha256', details['codeSha256'], { lengthMax: 64 })
  faults.integer('spec.lambda.codeSizeBytes', details['codeSizeBytes'], { min: 0, max: 2 ** 31 })
  faults.fields('spec.lambda.kept', details['kept'])
}

export function checkFunctionSettings(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], FUNCTION_NAME)
  faults.text('spec.deadLetterArn', spec['deadLetterArn'], { lengthMax: 1600, isOptional: true })
  const statements = faults.items('spec.policy', spec['policy'], POLICY_STATEMENTS_MAX)
  for (const [index, statement] of statements.entries())
    faults.fields(`spec.policy[${index}]`, statement)
}
