// CreateEventBus, DescribeEventBus, ListEventBuses, UpdateEventBus, DeleteEventBus.

import { type BusView, type Control, formatPolicy, type NewBus } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'
import { decodeTags, type TagInput } from './tag-operations.ts'

interface BusInput {
  readonly Name: string
  readonly Description?: string
  readonly KmsKeyIdentifier?: string
  readonly DeadLetterConfig?: { readonly Arn?: string }
  readonly LogConfig?: { readonly IncludeDetail?: string; readonly Level?: string }
}

interface CreateInput extends BusInput {
  readonly EventSourceName?: string
  readonly Tags?: readonly TagInput[]
}

interface ListInput {
  readonly NamePrefix?: string
  readonly Limit?: number
  readonly NextToken?: string
}

export function busOperations(control: Control): readonly AwsOperation[] {
  const { buses } = control
  return [
    operation<CreateInput>('events', 'CreateEventBus', async (input, scope) => {
      const bus = await buses.create(scope, {
        ...decodeBus(input),
        eventSourceName: input.EventSourceName,
        ...decodeTags(input.Tags),
      })
      return { EventBusArn: bus.arn, ...encodeSettings(bus) }
    }),
    operation<{ readonly Name?: string }>('events', 'DescribeEventBus', async (input, scope) =>
      encodeBus(await buses.get(scope, input.Name)),
    ),
    operation<ListInput>('events', 'ListEventBuses', async (input, scope) => {
      const { NamePrefix: namePrefix, Limit: limit, NextToken: token } = input
      const page = await buses.list(scope, { namePrefix, limit, token })
      return { EventBuses: page.items.map(encodeListedBus), NextToken: page.nextToken }
    }),
    operation<Partial<BusInput>>('events', 'UpdateEventBus', async (input, scope) => {
      const settings = decodeBus({ ...input, Name: input.Name ?? '' })
      const bus = await buses.update(scope, input.Name, settings)
      return { Arn: bus.arn, Name: bus.spec.name, ...encodeSettings(bus) }
    }),
    operation<BusInput>('events', 'DeleteEventBus', async (input, scope) => {
      await buses.delete(scope, input.Name)
      return {}
    }),
  ]
}

function decodeBus(input: BusInput): NewBus {
  const { LogConfig: logConfig } = input
  return {
    name: input.Name,
    description: input.Description,
    kmsKeyIdentifier: input.KmsKeyIdentifier,
    deadLetterArn: input.DeadLetterConfig?.Arn,
    ...(logConfig === undefined
      ? {}
      : {
          logConfig: {
            ...(logConfig.IncludeDetail === undefined
              ? {}
              : { includeDetail: logConfig.IncludeDetail }),
            ...(logConfig.Level === undefined ? {} : { level: logConfig.Level }),
          },
        }),
  }
}

function encodeSettings({ spec }: BusView): object {
  return {
    Description: spec.description,
    KmsKeyIdentifier: spec.kmsKeyIdentifier,
    DeadLetterConfig: spec.deadLetterArn === undefined ? undefined : { Arn: spec.deadLetterArn },
    LogConfig:
      spec.logConfig === undefined
        ? undefined
        : { IncludeDetail: spec.logConfig.includeDetail, Level: spec.logConfig.level },
  }
}

function encodeBus(bus: BusView): object {
  return { ...encodeListedBus(bus), ...encodeSettings(bus) }
}

function encodeListedBus(bus: BusView): object {
  return {
    Name: bus.spec.name,
    Arn: bus.arn,
    Description: bus.spec.description,
    Policy: formatPolicy(bus.spec),
    CreationTime: bus.createdAt,
    LastModifiedTime: bus.modifiedAt,
  }
}
