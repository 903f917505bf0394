// Steps as a template or a workflow has them, read into values; what is wrong with their form is said all at once.

import type { FieldFault, Json } from '../structure/index.ts'
import { invalid, missing } from './faults.ts'
import { isList, isObject, type JsonObject, parsePath } from './json-tree.ts'
import { RESOURCES_MAX, STEPS_MAX } from './limits.ts'

export interface Step {
  readonly name: string
  readonly resources: readonly ResourceWish[]
  /** What the step does besides resources. */
  readonly action?: Action
  readonly retry: RetryPolicy
  /** Of one attempt of an action, or of all resources together; milliseconds. */
  readonly timeoutMs?: number
}

export interface RetryPolicy {
  /** How often a failed action is tried again. */
  readonly attemptsMax: number
  readonly delayMs: number
  readonly factor: number
  readonly delayMsMax: number
}

export type ActionKind = 'job' | 'function' | 'http' | 'event' | 'wait' | 'choice'

export interface Action {
  readonly uses: ActionKind
  readonly with: JsonObject
  readonly injections: readonly Injection[]
}

export interface ResourceWish {
  readonly name: string
  /** apiVersion, kind, spec and whatever else the kind has. */
  readonly object: JsonObject
  readonly injections: readonly Injection[]
}

export type InjectionType = 'set' | 'list' | 'object'

/** A value of another object, or of a step, put into this one; without a key the other need only be ready. */
export interface Injection {
  /** Under `spec.forProvider`, or of the object itself; `with` of an action. */
  readonly key?: readonly string[]
  readonly type: InjectionType
  readonly subKey?: readonly string[]
  readonly isMerge: boolean
  readonly source: Source
}

export interface Source {
  /** Of an object. */
  readonly name?: string
  readonly apiVersion?: string
  readonly kind?: string
  /** Of a step whose output is meant. */
  readonly step?: string
  readonly key?: readonly string[]
}

export interface ReadSteps {
  readonly steps: readonly Step[]
  readonly faults: readonly FieldFault[]
}

const ACTION_KINDS: readonly string[] = ['job', 'function', 'http', 'event', 'wait', 'choice']
const INJECTION_TYPES: Readonly<Record<string, InjectionType>> = {
  '': 'set',
  set: 'set',
  string: 'set',
  list: 'list',
  array: 'list',
  object: 'object',
}
const RETRY_DEFAULT: RetryPolicy = {
  attemptsMax: 2,
  delayMs: 1000,
  factor: 2,
  delayMsMax: 300_000,
}
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

export function readSteps(value: Json | undefined, path: string): ReadSteps {
  const faults: FieldFault[] = []
  if (!isList(value)) {
    faults.push(
      value === undefined
        ? missing(path, 'a list of steps')
        : invalid(path, value, 'expected a list'),
    )
    return { steps: [], faults }
  }
  if (value.length > STEPS_MAX)
    faults.push(invalid(path, value.length, `expected at most ${STEPS_MAX} steps`))
  const steps = value
    .slice(0, STEPS_MAX)
    .map((step, index) => readStep(step, { path: `${path}[${index}]`, faults }))
    .filter((step) => step !== undefined)
  const count = steps.reduce((sum, { resources }) => sum + resources.length, 0)
  if (count > RESOURCES_MAX)
    faults.push(invalid(path, count, `expected at most ${RESOURCES_MAX} resources`))
  return { steps, faults }
}

interface At {
  readonly path: string
  readonly faults: FieldFault[]
}

function readStep(value: Json, at: At): Step | undefined {
  const { path, faults } = at
  if (!isObject(value)) {
    faults.push(
      invalid(path, value, 'expected a step: an object with `name` and `resources` or `uses`'),
    )
    return undefined
  }
  const name = nameOf(value, at)
  const { resources = [], uses } = value
  if (!isList(resources)) faults.push(invalid(`${path}.resources`, resources, 'expected a list'))
  const action = uses === undefined ? undefined : readAction(value, at)
  const isEmpty = isList(resources) && resources.length === 0
  if (isEmpty && uses === undefined)
    faults.push(missing(`${path}.resources`, 'resources to make, or `uses` with something to do'))
  if (!isEmpty && uses !== undefined)
    faults.push(invalid(`${path}.uses`, uses, 'a step has either `resources` or `uses`'))
  const timeoutMs = durationOf(value['timeout'], { path: `${path}.timeout`, faults })
  return {
    name,
    resources: (isList(resources) ? resources : [])
      .map((one, index) => readResource(one, { path: `${path}.resources[${index}]`, faults }))
      .filter((one) => one !== undefined),
    ...(action === undefined ? {} : { action }),
    retry: readRetry(value['retry'], { path: `${path}.retry`, faults }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }
}

function nameOf(value: JsonObject, { path, faults }: At): string {
  const { name } = value
  if (typeof name === 'string' && name !== '') return name
  faults.push(missing(`${path}.name`, 'a name, unique within the workflow'))
  return ''
}

function readAction(value: JsonObject, { path, faults }: At): Action | undefined {
  const { uses, with: given = {} } = value
  if (typeof uses !== 'string' || !ACTION_KINDS.includes(uses)) {
    faults.push(invalid(`${path}.uses`, uses, `expected one of ${ACTION_KINDS.join(', ')}`))
    return undefined
  }
  if (!isObject(given)) {
    faults.push(invalid(`${path}.with`, given, 'expected an object'))
    return undefined
  }
  return {
    uses: uses as ActionKind,
    with: given,
    injections: readInjections(value['dependsOn'], { path: `${path}.dependsOn`, faults }),
  }
}

function readResource(value: Json, at: At): ResourceWish | undefined {
  const { path, faults } = at
  if (!isObject(value)) {
    faults.push(invalid(path, value, 'expected a resource: an object with `name` and `spec`'))
    return undefined
  }
  const name = nameOf(value, at)
  const { spec } = value
  if (!isObject(spec)) {
    faults.push(missing(`${path}.spec`, 'the object: `apiVersion`, `kind` and `spec`'))
    return undefined
  }
  for (const member of ['apiVersion', 'kind'])
    if (typeof spec[member] !== 'string' || spec[member] === '')
      faults.push(missing(`${path}.spec.${member}`, 'which kind of object it is'))
  return {
    name,
    object: spec,
    injections: readInjections(value['dependsOn'], { path: `${path}.dependsOn`, faults }),
  }
}

function readInjections(value: Json | undefined, { path, faults }: At): readonly Injection[] {
  if (value === undefined) return []
  if (!isList(value)) {
    faults.push(invalid(path, value, 'expected a list'))
    return []
  }
  return value
    .map((one, index) => readInjection(one, { path: `${path}[${index}]`, faults }))
    .filter((one) => one !== undefined)
}

function readInjection(value: Json, at: At): Injection | undefined {
  const { path, faults } = at
  if (!isObject(value)) {
    faults.push(invalid(path, value, 'expected an object with `key` and `source`'))
    return undefined
  }
  const { type = '', subKeyPatchMethod } = value
  const known = typeof type === 'string' ? INJECTION_TYPES[type] : undefined
  if (known === undefined)
    faults.push(invalid(`${path}.type`, type, 'expected "", "list", "array" or "object"'))
  if (subKeyPatchMethod !== undefined && subKeyPatchMethod !== 'merge' && subKeyPatchMethod !== '')
    faults.push(invalid(`${path}.subKeyPatchMethod`, subKeyPatchMethod, 'expected "merge"'))
  const source = readSource(value['source'], { path: `${path}.source`, faults })
  const key = pathAt(value, 'key', at)
  const subKey = pathAt(value, 'subKey', at)
  if (source === undefined || known === undefined) return undefined
  if (key !== undefined && source.key === undefined)
    faults.push(missing(`${path}.source.key`, 'where the value is found, `status.atProvider.id`'))
  if (key === undefined && source.key !== undefined)
    faults.push(missing(`${path}.key`, 'where the value is put, under `spec.forProvider`'))
  return {
    ...(key === undefined ? {} : { key }),
    type: known,
    ...(subKey === undefined ? {} : { subKey }),
    isMerge: subKeyPatchMethod === 'merge',
    source,
  }
}

function readSource(value: Json | undefined, at: At): Source | undefined {
  const { path, faults } = at
  if (!isObject(value)) {
    faults.push(
      missing(path, 'the object whose value is meant: `name`, `apiVersion`, `kind`, `key`'),
    )
    return undefined
  }
  const texts = Object.fromEntries(
    ['name', 'apiVersion', 'kind', 'step'].flatMap((member) => {
      const text = value[member]
      return typeof text === 'string' && text !== '' ? [[member, text]] : []
    }),
  )
  if (texts['name'] === undefined && texts['step'] === undefined)
    faults.push(missing(`${path}.name`, 'the name of the object, or `step`'))
  const key = pathAt(value, 'key', at)
  return { ...texts, ...(key === undefined ? {} : { key }) }
}

function pathAt(value: JsonObject, member: string, at: At): readonly string[] | undefined {
  const text = value[member]
  if (text === undefined || text === '') return undefined
  const parts = typeof text === 'string' ? parsePath(text) : undefined
  if (parts === undefined)
    at.faults.push(invalid(`${at.path}.${member}`, text, 'expected a dotted path, `a.b.0.c`'))
  return parts
}

function readRetry(value: Json | undefined, at: At): RetryPolicy {
  if (value === undefined) return RETRY_DEFAULT
  if (!isObject(value)) {
    at.faults.push(invalid(at.path, value, 'expected an object with `attempts` and `delay`'))
    return RETRY_DEFAULT
  }
  const { attempts, factor } = value
  const isCount = typeof attempts === 'number' && Number.isInteger(attempts)
  if (attempts !== undefined && !(isCount && attempts >= 0 && attempts <= 100))
    at.faults.push(invalid(`${at.path}.attempts`, attempts, 'expected a number from 0 to 100'))
  if (factor !== undefined && !(typeof factor === 'number' && factor >= 1 && factor <= 10))
    at.faults.push(invalid(`${at.path}.factor`, factor, 'expected a number from 1 to 10'))
  const delayOf = (member: string): number | undefined =>
    durationOf(value[member], { ...at, path: `${at.path}.${member}` })
  return {
    attemptsMax: isCount ? attempts : RETRY_DEFAULT.attemptsMax,
    delayMs: delayOf('delay') ?? RETRY_DEFAULT.delayMs,
    factor: typeof factor === 'number' ? factor : RETRY_DEFAULT.factor,
    delayMsMax: delayOf('delayMax') ?? RETRY_DEFAULT.delayMsMax,
  }
}

/** `30s`, `5m`, or seconds as a number; milliseconds. */
export function durationOf(value: Json | undefined, { path, faults }: At): number | undefined {
  if (value === undefined) return undefined
  const durationMs = parseDuration(value)
  if (durationMs === undefined)
    faults.push(
      invalid(path, value, 'expected a duration such as `500ms`, `30s`, `5m`, `1h` or `2d`'),
    )
  return durationMs
}

/** Milliseconds; undefined when it is no duration. */
export function parseDuration(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value * 1000 : undefined
  const match = typeof value === 'string' ? /^(\d{1,9})(ms|[smhd])?$/.exec(value.trim()) : null
  return match === null ? undefined : Number(match[1]) * UNIT_MS[match[2] ?? 's']!
}
