// How AWS writes an offending value into a validation message: the way Java prints it.
// `[PutEventsRequestEntry(time=null, source=a, …)]`, `{key=value}`, `[a, b]`.

import { PRINTED_VALUE_LENGTH_MAX } from './limits.ts'
import { shapeOf, type ServiceModel, type Shape } from './shapes.ts'

// Java prints members in the order of AWS's model; the tables are sorted. Rows only where the two differ,
// for the structures that can be inside a printed list or map.
const PRINT_ORDER: Readonly<Record<string, readonly string[]>> = {
  AwsVpcConfiguration: ['Subnets', 'SecurityGroups', 'AssignPublicIp'],
  BatchParameters: ['JobDefinition', 'JobName', 'ArrayProperties', 'RetryStrategy'],
  CapacityProviderStrategyItem: ['capacityProvider', 'weight', 'base'],
  ConnectionBodyParameter: ['Key', 'Value', 'IsValueSecret'],
  ConnectionHeaderParameter: ['Key', 'Value', 'IsValueSecret'],
  ConnectionQueryStringParameter: ['Key', 'Value', 'IsValueSecret'],
  EcsParameters: [
    'TaskDefinitionArn',
    'TaskCount',
    'LaunchType',
    'NetworkConfiguration',
    'PlatformVersion',
    'Group',
    'CapacityProviderStrategy',
    'EnableECSManagedTags',
    'EnableExecuteCommand',
    'PlacementConstraints',
    'PlacementStrategy',
    'PropagateTags',
    'ReferenceId',
    'Tags',
  ],
  HttpParameters: ['PathParameterValues', 'HeaderParameters', 'QueryStringParameters'],
  PlacementConstraint: ['type', 'expression'],
  PlacementStrategy: ['type', 'field'],
  // The last two are in no public model, but AWS prints them.
  PutEventsRequestEntry: [
    'Time',
    'Source',
    'Resources',
    'DetailType',
    'Detail',
    'EventBusName',
    'TraceHeader',
    'KmsKeyIdentifier',
    'InternalMetadata',
  ],
  PutPartnerEventsRequestEntry: ['Time', 'Source', 'Resources', 'DetailType', 'Detail'],
  RedshiftDataParameters: [
    'SecretManagerArn',
    'Database',
    'DbUser',
    'Sql',
    'StatementName',
    'WithEvent',
    'Sqls',
  ],
  RetryPolicy: ['MaximumRetryAttempts', 'MaximumEventAgeInSeconds'],
  Target: [
    'Id',
    'Arn',
    'RoleArn',
    'Input',
    'InputPath',
    'InputTransformer',
    'KinesisParameters',
    'RunCommandParameters',
    'EcsParameters',
    'BatchParameters',
    'SqsParameters',
    'HttpParameters',
    'RedshiftDataParameters',
    'SageMakerPipelineParameters',
    'DeadLetterConfig',
    'RetryPolicy',
    'AppSyncParameters',
  ],
}

const REDACTED = '*** Sensitive Data Redacted ***'

/** `value` as Java prints a value of the named shape, cut to a bounded length. */
export function printValue(model: ServiceModel, shapeName: string, value: unknown): string {
  const text = print(model, shapeName, value)
  return text.length > PRINTED_VALUE_LENGTH_MAX
    ? `${text.slice(0, PRINTED_VALUE_LENGTH_MAX)}…`
    : text
}

/** `EventBusName` as its Java field: `eventBusName`. */
export function fieldName(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1)
}

function print(model: ServiceModel, shapeName: string, value: unknown): string {
  if (value === undefined || value === null) return 'null'
  const shape = shapeOf(model, shapeName)
  if (shape.sensitive === true) return REDACTED
  if (Array.isArray(value)) {
    const item = shape.member?.shape
    return `[${value.map((entry) => (item === undefined ? '' : print(model, item, entry))).join(', ')}]`
  }
  if (typeof value !== 'object') return printScalar(shape, value)
  return shape.type === 'map'
    ? printMap(model, shape, Object.entries(value))
    : printStructure(model, shapeName, new Map(Object.entries(value)))
}

function printScalar(shape: Shape, value: unknown): string {
  if (shape.type === 'timestamp' && typeof value === 'number') {
    const date = new Date(value * 1000)
    return Number.isNaN(date.getTime()) ? String(value) : date.toISOString()
  }
  return String(value)
}

function printMap(
  model: ServiceModel,
  shape: Shape,
  entries: readonly (readonly [string, unknown])[],
): string {
  const valueShape = shape.value?.shape
  if (valueShape === undefined) return '{}'
  return `{${entries.map(([key, item]) => `${key}=${print(model, valueShape, item)}`).join(', ')}}`
}

function printStructure(
  model: ServiceModel,
  shapeName: string,
  value: ReadonlyMap<string, unknown>,
): string {
  const members = shapeOf(model, shapeName).members ?? {}
  const order = PRINT_ORDER[shapeName] ?? Object.keys(members)
  const fields = order.map((name) => {
    const member = Object.hasOwn(members, name) ? members[name] : undefined
    const text = member === undefined ? 'null' : print(model, member.shape, value.get(name))
    return `${fieldName(name)}=${text}`
  })
  return `${shapeName}(${fields.join(', ')})`
}
