// The interface tables of AWS's services (models/*.json), loaded once, and the look-ups on them.
// Invariant: nothing but the tables decides what an operation's request and response look like.

import events from './models/events.json' with { type: 'json' }
import lambda from './models/lambda.json' with { type: 'json' }
import monitoring from './models/monitoring.json' with { type: 'json' }
import pipes from './models/pipes.json' with { type: 'json' }
import scheduler from './models/scheduler.json' with { type: 'json' }
import schemas from './models/schemas.json' with { type: 'json' }
import sns from './models/sns.json' with { type: 'json' }
import sqs from './models/sqs.json' with { type: 'json' }

export type ServiceName =
  | 'events'
  | 'lambda'
  | 'monitoring'
  | 'pipes'
  | 'scheduler'
  | 'schemas'
  | 'sns'
  | 'sqs'
  | 'sts'

export interface Shape {
  readonly type: string
  readonly members?: Readonly<Record<string, Member>>
  readonly required?: readonly string[]
  readonly member?: Member
  readonly key?: Member
  readonly value?: Member
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly sensitive?: boolean
  /** In the query protocol items stand without an element around them. */
  readonly flattened?: boolean
  readonly timestampFormat?: string
  readonly payload?: string
}

export interface Member {
  readonly shape: string
  readonly location?: string
  readonly locationName?: string
}

export interface OperationShape {
  readonly name: string
  readonly http: {
    readonly method: string
    readonly requestUri: string
    readonly responseCode?: number
  }
  readonly input?: { readonly shape: string }
  readonly output?: { readonly shape: string }
}

export interface ServiceModel {
  readonly metadata: {
    readonly apiVersion: string
    readonly protocol: string
    readonly jsonVersion?: string
    readonly targetPrefix?: string
  }
  readonly operations: Readonly<Record<string, OperationShape>>
  readonly shapes: Readonly<Record<string, Shape>>
}

// AWS's own table of sts has dozens of operations; the clients of events and queues call this one only.
const sts: ServiceModel = {
  metadata: { apiVersion: '2011-06-15', protocol: 'query' },
  operations: {
    GetCallerIdentity: {
      name: 'GetCallerIdentity',
      http: { method: 'POST', requestUri: '/' },
      input: { shape: 'GetCallerIdentityRequest' },
      output: { shape: 'GetCallerIdentityResponse' },
    },
  },
  shapes: {
    GetCallerIdentityRequest: { type: 'structure', members: {} },
    GetCallerIdentityResponse: {
      type: 'structure',
      members: {
        UserId: { shape: 'String' },
        Account: { shape: 'String' },
        Arn: { shape: 'String' },
      },
    },
    String: { type: 'string' },
  },
}

export const SERVICES: Readonly<Record<ServiceName, ServiceModel>> = {
  events: events,
  lambda: lambda,
  monitoring: monitoring,
  pipes: pipes,
  scheduler: scheduler,
  schemas: schemas,
  sns: sns,
  sqs: sqs,
  sts,
}

export function shapeOf(model: ServiceModel, name: string): Shape {
  const shape = Object.hasOwn(model.shapes, name) ? model.shapes[name] : undefined
  if (shape === undefined) throw new Error(`table names shape \`${name}\` but has no such row`)
  return shape
}

export function findOperation(service: ServiceName, name: string): OperationShape | undefined {
  const operations = SERVICES[service].operations
  return Object.hasOwn(operations, name) ? operations[name] : undefined
}
