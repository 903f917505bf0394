// What a spec of each kind must be, whichever dialect or manifest it came from. Dialects refuse earlier what
// their own service refuses; nothing here is stricter than AWS about what AWS names.

import { isTargetAddress, TARGET_ADDRESS_FORMS } from './address.ts'
import { checkArchive } from './archive-spec.ts'
import { parseArn } from './arn.ts'
import { checkBroker } from './broker-spec.ts'
import { checkApiDestination, checkConnection } from './connection-spec.ts'
import { checkEndpoint } from './endpoint-spec.ts'
import { checkEventSource } from './event-source-spec.ts'
import { FaultList, type Fault, type Fields, type TextRule } from './fault-list.ts'
import { checkFunction, checkFunctionSettings } from './function-spec.ts'
import type { Kind } from './kinds.ts'
import { checkSubscription, checkTopic } from './topic-spec.ts'
import {
  checkCodeBinding,
  checkSchema,
  checkSchemaDiscoverer,
  checkSchemaRegistry,
  checkSchemaVersion,
} from './schema-spec.ts'
import { parseVersionRange } from './semantic-version.ts'
import { checkPipe } from './pipe-spec.ts'
import { checkReplay } from './replay-spec.ts'
import { checkSource } from './source-spec.ts'
import { checkSchedule, checkScheduleGroup, type TargetChecks } from './validate-schedule.ts'

const TARGETS_MAX = 100
const TAGS_MAX = 50
const POLICY_STATEMENTS_MAX = 100
const QUEUE_ATTRIBUTES_MAX = 50
const INPUT_PATHS_MAX = 100

const ACCOUNT: TextRule = { lengthMax: 12, pattern: /^\d{12}$/ }
const REGION: TextRule = { lengthMax: 32, pattern: /^[a-z0-9-]+$/ }
const BUS_NAME: TextRule = { lengthMax: 256, pattern: /^[/.\-_A-Za-z0-9]+$/ }
const RULE_NAME: TextRule = { lengthMax: 64, pattern: /^[.\-_A-Za-z0-9]+$/ }
const QUEUE_NAME: TextRule = { lengthMax: 80, pattern: /^[A-Za-z0-9_-]+(\.fifo)?$/ }
const DESCRIPTION: TextRule = { lengthMin: 0, lengthMax: 512, isOptional: true }
const ADDRESS_LENGTH_MAX = 1600
const OPTIONAL_ARN: TextRule = { lengthMax: ADDRESS_LENGTH_MAX, isOptional: true }
const OPTIONAL_NAME: TextRule = { lengthMax: 128, isOptional: true }

const RULE_STATES = ['ENABLED', 'DISABLED', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS']

type Check = (faults: FaultList, spec: Fields) => void

const CHECKS: Readonly<Record<Kind, Check>> = {
  EventBus: checkBus,
  Rule: checkRule,
  Queue: checkQueue,
  Function: checkFunction,
  Connection: checkConnection,
  ApiDestination: checkApiDestination,
  FunctionSettings: checkFunctionSettings,
  Topic: checkTopic,
  Subscription: checkSubscription,
  SchemaRegistry: checkSchemaRegistry,
  Schema: checkSchema,
  SchemaVersion: checkSchemaVersion,
  SchemaDiscoverer: checkSchemaDiscoverer,
  CodeBinding: checkCodeBinding,
  Pipe: checkPipe,
  Endpoint: checkEndpoint,
  EventSource: checkEventSource,
  Broker: checkBroker,
  Source: checkSource,
  Archive: checkArchive,
  Replay: checkReplay,
  Schedule: (faults, spec) => checkSchedule(faults, spec, TARGET_CHECKS),
  ScheduleGroup: checkScheduleGroup,
}

const TARGET_CHECKS: TargetChecks = {
  isAddress,
  addressForms: TARGET_ADDRESS_FORMS,
  arn: checkArn,
  retry: checkRetry,
}

/** Every fault of a spec; none when it is well. */
export function validateSpec(kind: Kind, spec: unknown): readonly Fault[] {
  const faults = new FaultList()
  const fields = faults.fields('spec', spec)
  if (fields === undefined) return faults.faults
  faults.text('spec.account', fields['account'], ACCOUNT)
  faults.text('spec.region', fields['region'], REGION)
  checkTags(faults, fields['tags'])
  CHECKS[kind](faults, fields)
  return faults.faults
}

function checkTags(faults: FaultList, tags: unknown): void {
  faults.texts('spec.tags', tags, {
    key: { lengthMax: 128 },
    value: { lengthMin: 0, lengthMax: 256 },
    entriesMax: TAGS_MAX,
    isOptional: true,
  })
}

function checkBus(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], BUS_NAME)
  faults.text('spec.description', spec['description'], DESCRIPTION)
  faults.text('spec.kmsKeyIdentifier', spec['kmsKeyIdentifier'], {
    lengthMin: 0,
    lengthMax: 2048,
    isOptional: true,
  })
  checkArn(faults, 'spec.deadLetterArn', spec['deadLetterArn'])
  if (spec['logConfig'] !== undefined) checkLogConfig(faults, spec['logConfig'])
  if (spec['validation'] !== undefined) checkValidation(faults, spec['validation'])
  if (spec['policy'] === undefined) return
  const statements = faults.items('spec.policy', spec['policy'], POLICY_STATEMENTS_MAX)
  for (const [index, statement] of statements.entries())
    faults.fields(`spec.policy[${index}]`, statement)
}

function checkLogConfig(faults: FaultList, value: unknown): void {
  const config = faults.fields('spec.logConfig', value)
  if (config === undefined) return
  const { includeDetail, level } = config
  if (includeDetail !== undefined)
    faults.oneOf('spec.logConfig.includeDetail', includeDetail, ['NONE', 'FULL'])
  if (level !== undefined)
    faults.oneOf('spec.logConfig.level', level, ['OFF', 'ERROR', 'INFO', 'TRACE'])
}

function checkValidation(faults: FaultList, value: unknown): void {
  const validation = faults.fields('spec.validation', value)
  if (validation === undefined) return
  const { mode, registry, deadLetterArn, unknown } = validation
  faults.oneOf('spec.validation.mode', mode, ['warn', 'reject'])
  faults.text('spec.validation.registry', registry, { lengthMax: 64 })
  checkArn(faults, 'spec.validation.deadLetterArn', deadLetterArn)
  if (unknown !== undefined) {
    faults.oneOf('spec.validation.unknown', unknown, ['accept', 'reject'])
  }
}

function checkRule(faults: FaultList, spec: Fields): void {
  faults.text('spec.bus', spec['bus'], BUS_NAME)
  faults.text('spec.name', spec['name'], RULE_NAME)
  faults.text('spec.description', spec['description'], DESCRIPTION)
  faults.oneOf('spec.state', spec['state'], RULE_STATES)
  faults.text('spec.pattern', spec['pattern'], { lengthMax: 4096, isOptional: true })
  faults.text('spec.schedule', spec['schedule'], { lengthMax: 256, isOptional: true })
  if (spec['pattern'] === undefined && spec['schedule'] === undefined)
    faults.add('spec', 'a `pattern` or a `schedule`', undefined)
  faults.text('spec.roleArn', spec['roleArn'], OPTIONAL_ARN)
  faults.text('spec.managedBy', spec['managedBy'], OPTIONAL_NAME)
  faults.text('spec.createdBy', spec['createdBy'], OPTIONAL_NAME)
  const range = spec['schemaVersions']
  if (range !== undefined && (typeof range !== 'string' || !parseVersionRange(range))) {
    faults.add('spec.schemaVersions', 'a range of versions such as `^1`', range)
  }
  const ids = new Set<unknown>()
  const targets = faults.items('spec.targets', spec['targets'], TARGETS_MAX)
  for (const [index, value] of targets.entries()) {
    const path = `spec.targets[${index}]`
    const target = faults.fields(path, value)
    if (target === undefined) continue
    checkTarget(faults, path, target)
    if (ids.has(target['id'])) faults.add(`${path}.id`, 'an id no other target has', target['id'])
    ids.add(target['id'])
  }
}

function checkTarget(faults: FaultList, path: string, target: Fields): void {
  faults.text(`${path}.id`, target['id'], RULE_NAME)
  if (!isAddress(target['address']))
    faults.add(`${path}.address`, TARGET_ADDRESS_FORMS, target['address'])
  if (target['input'] !== undefined) checkInput(faults, `${path}.input`, target['input'])
  if (target['retry'] !== undefined) checkRetry(faults, `${path}.retry`, target['retry'])
  checkArn(faults, `${path}.deadLetterArn`, target['deadLetterArn'])
  faults.text(`${path}.roleArn`, target['roleArn'], OPTIONAL_ARN)
  faults.text(`${path}.messageGroupId`, target['messageGroupId'], OPTIONAL_NAME)
  if (target['parameters'] !== undefined) faults.fields(`${path}.parameters`, target['parameters'])
}

function checkRetry(faults: FaultList, path: string, value: unknown): void {
  const retry = faults.fields(path, value)
  if (retry === undefined) return
  const attempts = { min: 0, max: 185, isOptional: true }
  const age = { min: 60, max: 86_400, isOptional: true }
  faults.integer(`${path}.attemptsMax`, retry['attemptsMax'], attempts)
  faults.integer(`${path}.ageSecondsMax`, retry['ageSecondsMax'], age)
}

function checkInput(faults: FaultList, path: string, value: unknown): void {
  const input = faults.fields(path, value)
  if (input === undefined) return
  switch (input['kind']) {
    case 'constant':
      if (!isJsonText(input['json'])) faults.add(`${path}.json`, 'JSON text', input['json'])
      return
    case 'path':
      faults.text(`${path}.path`, input['path'], { lengthMax: 256 })
      return
    case 'template':
      faults.text(`${path}.template`, input['template'], { lengthMax: 8192 })
      faults.texts(`${path}.paths`, input['paths'], {
        key: { lengthMax: 256 },
        value: { lengthMax: 256 },
        entriesMax: INPUT_PATHS_MAX,
      })
      return
    default:
      faults.oneOf(`${path}.kind`, input['kind'], ['constant', 'path', 'template'])
  }
}

function checkQueue(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], QUEUE_NAME)
  const isNamedFifo = typeof spec['name'] === 'string' && spec['name'].endsWith('.fifo')
  if (spec['fifo'] !== isNamedFifo)
    faults.add('spec.fifo', 'true exactly when the name ends in `.fifo`', spec['fifo'])
  faults.texts('spec.attributes', spec['attributes'], {
    key: { lengthMax: 128 },
    value: { lengthMin: 0, lengthMax: 65_536 },
    entriesMax: QUEUE_ATTRIBUTES_MAX,
  })
}

function checkArn(faults: FaultList, path: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && parseArn(value) !== undefined)) return
  faults.add(path, 'an ARN', value)
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && value.length <= ADDRESS_LENGTH_MAX && isTargetAddress(value)
}

function isJsonText(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    JSON.parse(value)
    return true
  } catch {
    return false
  }
}
