// What a Job must be beyond its fields' types, in the real server's words.
// https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/batch/validation/validation.go

import { isDeepStrictEqual } from 'node:util'
import type { FieldFault } from '../structure/index.ts'
import { unchangeable } from './builtin-core.ts'
import { at, listAt, textAt } from './columns.ts'
import { invalidValue, labelTexts } from './kube-metadata.ts'
import type { KubeObject } from './kube-object.ts'

const INDEXED_PARALLELISM_MAX = 100_000
const FAILED_INDEXES_MAX = 100_000
/** From so many completions on, jobs with a limit per index are held tighter. */
const COMPLETIONS_SOFT_MAX = 100_000
const HIGH_COMPLETIONS_PARALLELISM_MAX = 10_000
const HIGH_COMPLETIONS_FAILED_MAX = 10_000
const RULES_MAX = 20
const PATTERNS_MAX = 20
const EXIT_CODES_MAX = 255
const INDEXES_LENGTH_MAX = 64 * 1024

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const OPERATORS = ['In', 'NotIn']
const STATUSES = ['False', 'True', 'Unknown']
const REPLACEMENTS = ['Failed', 'TerminatingOrFailed']

export function validateJob(
  next: KubeObject,
  previous: KubeObject | undefined,
): readonly FieldFault[] {
  const faults = [...labels(next), ...limits(next), ...restartPolicy(next)]
  const policy = at(next, 'spec.podFailurePolicy')
  if (policy !== undefined) faults.push(...failurePolicy(next))
  if (at(next, 'spec.successPolicy') !== undefined) faults.push(...successPolicy(next))
  const replacement = textAt(next, 'spec.podReplacementPolicy')
  const allowed = policy === undefined ? REPLACEMENTS : ['Failed']
  if (replacement !== '' && !allowed.includes(replacement))
    faults.push(unsupported('spec.podReplacementPolicy', replacement, allowed))
  return [...faults, ...immutables(next, previous)]
}

/** A pod's labels name the job, so its name has to be a label's value. */
function labels(next: KubeObject): readonly FieldFault[] {
  const given = at(next, 'spec.template.metadata.labels') as Record<string, string> | undefined
  return Object.values(given ?? {}).flatMap((value) =>
    labelTexts(value).map((text) => invalidValue('spec.template.labels', value, text)),
  )
}

function restartPolicy(next: KubeObject): readonly FieldFault[] {
  const field = 'spec.template.spec.restartPolicy'
  const policy = textAt(next, field)
  if (policy !== 'OnFailure' && policy !== 'Never' && policy !== '')
    return [required(field, 'valid values: "OnFailure", "Never"')]
  if (at(next, 'spec.podFailurePolicy') === undefined || policy === 'Never') return []
  const text = 'only "Never" is supported when podFailurePolicy is specified'
  return [invalidValue(field, policy, text)]
}

function limits(next: KubeObject): readonly FieldFault[] {
  const backoff = numberAt(next, 'spec.backoffLimitPerIndex')
  const failed = numberAt(next, 'spec.maxFailedIndexes')
  const orphan =
    failed !== undefined && backoff === undefined
      ? [required('spec.backoffLimitPerIndex', 'when maxFailedIndexes is specified')]
      : []
  if (isIndexed(next)) return [...orphan, ...indexedLimits(next, backoff, failed)]
  return [
    ...orphan,
    ...(['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      .filter((name) => numberAt(next, `spec.${name}`) !== undefined)
      .map((name) =>
        invalidValue(`spec.${name}`, at(next, `spec.${name}`), 'requires indexed completion mode'),
      ),
  ]
}

function indexedLimits(
  next: KubeObject,
  backoff: number | undefined,
  failed: number | undefined,
): readonly FieldFault[] {
  const faults: FieldFault[] = []
  const completions = numberAt(next, 'spec.completions')
  const parallelism = numberAt(next, 'spec.parallelism') ?? 0
  const mode = 'when completion mode is Indexed'
  const beyond = (name: string, value: number, max: number | string, when = ''): void => {
    const text = `must be less than or equal to ${max}${when}`
    faults.push(invalidValue(`spec.${name}`, value, text))
  }
  if (completions === undefined) faults.push(required('spec.completions', mode))
  if (parallelism > INDEXED_PARALLELISM_MAX)
    beyond('parallelism', parallelism, INDEXED_PARALLELISM_MAX, ` ${mode}`)
  if (failed !== undefined && failed > (completions ?? failed))
    beyond('maxFailedIndexes', failed, 'completions')
  if (failed !== undefined && failed > FAILED_INDEXES_MAX)
    beyond('maxFailedIndexes', failed, FAILED_INDEXES_MAX)
  if (backoff === undefined || (completions ?? 0) <= COMPLETIONS_SOFT_MAX) return faults
  const when = ` when completions are above ${COMPLETIONS_SOFT_MAX} and used with backoff limit per index`
  if (failed === undefined) {
    const text = `must be specified when completions is above ${COMPLETIONS_SOFT_MAX}`
    faults.push(required('spec.maxFailedIndexes', text))
  }
  if (parallelism > HIGH_COMPLETIONS_PARALLELISM_MAX)
    beyond('parallelism', parallelism, HIGH_COMPLETIONS_PARALLELISM_MAX, when)
  if (failed !== undefined && failed > HIGH_COMPLETIONS_FAILED_MAX)
    beyond('maxFailedIndexes', failed, HIGH_COMPLETIONS_FAILED_MAX, when)
  return faults
}

function failurePolicy(next: KubeObject): readonly FieldFault[] {
  const path = 'spec.podFailurePolicy.rules'
  const rules = listAt(next, path)
  return [
    ...(rules.length > RULES_MAX ? [tooMany(path, rules.length, RULES_MAX)] : []),
    ...rules.flatMap((rule, index) => failureRule(next, rule, `${path}[${index}]`)),
  ]
}

function failureRule(next: KubeObject, rule: unknown, path: string): readonly FieldFault[] {
  const faults: FieldFault[] = [...choice(`${path}.action`, textAt(rule, 'action'), ACTIONS)]
  if (
    textAt(rule, 'action') === 'FailIndex' &&
    numberAt(next, 'spec.backoffLimitPerIndex') === undefined
  ) {
    const text = 'requires the backoffLimitPerIndex to be set'
    faults.push(invalidValue(`${path}.action`, 'FailIndex', text))
  }
  const conditions = listAt(rule, 'onPodConditions')
  const hasCodes = at(rule, 'onExitCodes') !== undefined
  if (hasCodes) faults.push(...exitCodes(next, at(rule, 'onExitCodes'), `${path}.onExitCodes`))
  if (conditions.length > PATTERNS_MAX)
    faults.push(tooMany(`${path}.onPodConditions`, conditions.length, PATTERNS_MAX))
  for (const [index, pattern] of conditions.entries())
    faults.push(
      ...choice(`${path}.onPodConditions[${index}].status`, textAt(pattern, 'status'), STATUSES),
    )
  if (hasCodes && conditions.length > 0)
    faults.push(refused(path, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (!hasCodes && conditions.length === 0)
    faults.push(refused(path, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return faults
}

function exitCodes(next: KubeObject, rule: unknown, path: string): readonly FieldFault[] {
  const operator = textAt(rule, 'operator')
  const faults: FieldFault[] = [...choice(`${path}.operator`, operator, OPERATORS)]
  const container = at(rule, 'containerName')
  const template = 'spec.template.spec'
  const names = [
    ...listAt(next, `${template}.containers`),
    ...listAt(next, `${template}.initContainers`),
  ].map((one) => textAt(one, 'name'))
  if (typeof container === 'string' && !names.includes(container)) {
    const text = 'must be one of the container or initContainer names in the pod template'
    faults.push(invalidValue(`${path}.containerName`, container, text))
  }
  const values = listAt(rule, 'values').map(Number)
  const field = `${path}.values`
  if (values.length === 0)
    faults.push(invalidValue(field, values, 'at least one value is required'))
  if (values.length > EXIT_CODES_MAX) faults.push(tooMany(field, values.length, EXIT_CODES_MAX))
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0)
      faults.push(invalidValue(`${field}[${index}]`, value, 'must not be 0 for the In operator'))
    if (values.indexOf(value) < index)
      faults.push({
        type: 'FieldValueDuplicate',
        field: `${field}[${index}]`,
        message: `Duplicate value: ${value}`,
      })
  }
  if (values.some((value, index) => index > 0 && values[index - 1]! > value))
    faults.push(invalidValue(field, values, 'must be ordered'))
  return faults
}

function successPolicy(next: KubeObject): readonly FieldFault[] {
  const path = 'spec.successPolicy'
  if (!isIndexed(next))
    return [invalidValue(path, at(next, path), 'requires indexed completion mode')]
  const rules = listAt(next, `${path}.rules`)
  const empty = 'at least one rules must be specified when the successPolicy is specified'
  return [
    ...(rules.length === 0 ? [required(`${path}.rules`, empty)] : []),
    ...(rules.length > RULES_MAX ? [tooMany(`${path}.rules`, rules.length, RULES_MAX)] : []),
    ...rules.flatMap((rule, index) => successRule(next, rule, `${path}.rules[${index}]`)),
  ]
}

function successRule(next: KubeObject, rule: unknown, path: string): readonly FieldFault[] {
  const completions = numberAt(next, 'spec.completions') ?? 0
  const indexes = at(rule, 'succeededIndexes')
  const count = numberAt(rule, 'succeededCount')
  const faults: FieldFault[] = []
  if (indexes === undefined && count === undefined) {
    const text = 'at least one of succeededCount or succeededIndexes must be specified'
    faults.push(required(path, text))
  }
  let total = 0
  if (typeof indexes === 'string') {
    const field = `${path}.succeededIndexes`
    if (indexes.length > INDEXES_LENGTH_MAX) {
      const message = `Too long: may not be more than ${INDEXES_LENGTH_MAX} bytes`
      faults.push({ type: 'FieldValueTooLong', field, message })
    }
    const found = countIndexes(indexes, completions)
    if (typeof found === 'number') total = found
    else faults.push(invalidValue(field, indexes, `error parsing succeededIndexes: ${found}`))
  }
  if (count === undefined) return faults
  const tooHigh = (max: number, what: string): void => {
    const text = `must be less than or equal to ${max} (the number of ${what})`
    faults.push(invalidValue(`${path}.succeededCount`, count, text))
  }
  if (count > completions) tooHigh(completions, 'specified completions')
  if (typeof indexes === 'string' && count > total)
    tooHigh(total, 'indexes in the specified succeededIndexes field')
  return faults
}

/** How many indexes a text such as `0,2-5` names, or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  let total = 0
  let last = -1
  for (const part of text === '' ? [] : text.split(',')) {
    const bounds = part.split('-')
    if (bounds.length > 2)
      return `the fragment ${JSON.stringify(part)} violates the requirement that an index interval can have at most two parts separated by '-'`
    for (const bound of bounds) {
      const quoted = JSON.stringify(bound)
      if (!/^\d+$/.test(bound)) return `cannot convert string to integer for index: ${quoted}`
      if (Number(bound) >= completions) return `too large index: ${quoted}`
    }
    const [first = 0, end = first] = bounds.map(Number)
    const isBackward = bounds.length === 2 && first >= end
    if (isBackward || last >= first) {
      const pair = isBackward ? [first, end] : [last, first]
      return `non-increasing order, previous: ${pair[0]}, current: ${pair[1]}`
    }
    total += end - first + 1
    last = end
  }
  return total
}

const FIXED = [
  'completions',
  'selector',
  'template',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'successPolicy',
]

function immutables(next: KubeObject, previous: KubeObject | undefined): readonly FieldFault[] {
  if (previous === undefined) return []
  return FIXED.filter(
    (name) => !isDeepStrictEqual(at(next, `spec.${name}`), at(previous, `spec.${name}`)),
  )
    .filter((name) => name !== 'template' || at(previous, 'spec.suspend') !== true)
    .filter((name) => name !== 'completions' || !(isElastic(next) && isElastic(previous)))
    .map((name) => unchangeable(`spec.${name}`, at(next, `spec.${name}`) ?? null))
}

/** Its completions may change, together with how many run side by side. */
function isElastic(job: KubeObject): boolean {
  return isIndexed(job) && numberAt(job, 'spec.completions') === numberAt(job, 'spec.parallelism')
}

function isIndexed(job: KubeObject): boolean {
  return textAt(job, 'spec.completionMode') === 'Indexed'
}

function numberAt(object: unknown, path: string): number | undefined {
  const value = at(object, path)
  return typeof value === 'number' ? value : undefined
}

function choice(field: string, value: string, values: readonly string[]): readonly FieldFault[] {
  const all = values.map((one) => JSON.stringify(one)).join(' ')
  if (value === '') return [required(field, `valid values: [${all}]`)]
  return values.includes(value) ? [] : [unsupported(field, value, values)]
}

function required(field: string, text: string): FieldFault {
  return { type: 'FieldValueRequired', field, message: `Required value: ${text}` }
}

function refused(field: string, text: string): FieldFault {
  return { type: 'FieldValueInvalid', field, message: `Invalid value: ${text}` }
}

function unsupported(field: string, value: string, values: readonly string[]): FieldFault {
  const supported = values.map((one) => JSON.stringify(one)).join(', ')
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`
  return { type: 'FieldValueNotSupported', field, message }
}

function tooMany(field: string, count: number, countMax: number): FieldFault {
  const message = `Too many: ${count}: must have at most ${countMax} items`
  return { type: 'FieldValueTooMany', field, message }
}
