// Targets that take the input as a message, a record or an invocation.

import { createHash } from 'node:crypto'
import { traceHeaderOf } from '../../../event/index.ts'
import type { SinkMessage } from '../../sink.ts'
import { malformed, parametersOf, type Plan, type PlanRequest, textOf } from './plan.ts'

export function planQueue({ arn, message, tools }: PlanRequest): Plan {
  const traceHeader = traceHeaderOf(message.event.meta())
  const base = tools.endpoint === 'aws' ? `https://sqs.${arn.region}.amazonaws.com` : tools.endpoint
  return {
    service: 'sqs',
    action: 'SendMessage',
    input: {
      QueueUrl: `${base.replace(/\/$/, '')}/${arn.account}/${arn.resource}`,
      MessageBody: textOf(message),
      ...groupOf(arn.resource, message),
      ...(traceHeader === undefined
        ? {}
        : {
            MessageSystemAttributes: {
              AWSTraceHeader: { DataType: 'String', StringValue: traceHeader },
            },
          }),
    },
  }
}

export function planTopic({ arn, address, message }: PlanRequest): Plan {
  return {
    service: 'sns',
    action: 'Publish',
    input: { TopicArn: address, Message: textOf(message), ...groupOf(arn.resource, message) },
  }
}

/** As EventBridge does: asynchronously, so that the function's own failures are Lambda's to retry. */
export function planFunction({ arn, address, message }: PlanRequest): Plan {
  const [, , qualifier] = arn.resource.split(':')
  return {
    service: 'lambda',
    action: 'Invoke',
    input: {
      FunctionName: address,
      ...(qualifier === undefined ? {} : { Qualifier: qualifier }),
      InvocationType: 'Event',
      Payload: message.body,
    },
  }
}

/** The partition key is what the path selects; the event's id where there is no path. */
export function planStream({ address, message, tools }: PlanRequest): Plan {
  const { PartitionKeyPath: path, PartitionKey: key } = parametersOf(message, 'KinesisParameters')
  const selected = typeof path === 'string' ? tools.select(path, message.event.envelope) : undefined
  if (typeof path === 'string' && selected === undefined) {
    throw malformed(`expected the event to have a partition key at \`${path}\``)
  }
  return {
    service: 'kinesis',
    action: 'PutRecord',
    input: {
      StreamARN: address,
      StreamName: nameOf(address),
      Data: message.body,
      PartitionKey: (typeof key === 'string' ? key : (selected ?? message.eventId)).slice(0, 256),
    },
  }
}

export function planDeliveryStream({ address, message }: PlanRequest): Plan {
  return {
    service: 'firehose',
    action: 'PutRecord',
    input: { DeliveryStreamName: nameOf(address), Record: { Data: message.body } },
  }
}

/** One log event in a stream of the event's day, which is made when it is missing. */
export function planLogGroup({ arn, message, tools }: PlanRequest): Plan {
  const logGroupName = arn.resource.replace(/^log-group:/, '').replace(/:\*?$/, '')
  const logStreamName = `signalbox/${new Date(tools.now).toISOString().slice(0, 10)}`
  return {
    service: 'logs',
    action: 'PutLogEvents',
    input: { logGroupName, logStreamName, logEvents: [logEventOf(message, tools.now)] },
    prepare: {
      key: `${arn.region}/${logGroupName}/${logStreamName}`,
      action: 'CreateLogStream',
      input: { logGroupName, logStreamName },
      existsBy: 'ResourceAlreadyExistsException',
    },
  }
}

/** A transformed input is `{"timestamp": …, "message": …}`; anything else is the message itself. */
function logEventOf(message: SinkMessage, now: number): object {
  const text = textOf(message)
  if (message.target.input?.kind === 'template') {
    try {
      const value = JSON.parse(text) as { timestamp?: unknown; message?: unknown }
      const { timestamp, message: said } = value
      const at = typeof timestamp === 'number' ? timestamp : Date.parse(String(timestamp))
      if (said !== undefined && !Number.isNaN(at)) {
        return { timestamp: at, message: typeof said === 'string' ? said : JSON.stringify(said) }
      }
    } catch {
      // Not the form that log groups want: told below as it is.
    }
  }
  return { timestamp: now, message: text }
}

function groupOf(name: string, message: SinkMessage): object {
  if (!name.endsWith('.fifo')) return {}
  const { messageGroupId } = message.target
  if (messageGroupId === undefined) {
    throw malformed(
      `target \`${message.target.id}\` is first-in first-out and names no message group`,
    )
  }
  // The same on every attempt, so that an attempt that was repeated is a duplicate.
  const id = createHash('sha256').update(message.deliveryId).digest('hex')
  return { MessageGroupId: messageGroupId, MessageDeduplicationId: id }
}

function nameOf(address: string): string {
  return address.slice(address.lastIndexOf('/') + 1)
}
