// CreateApiDestination, DescribeApiDestination, ListApiDestinations, UpdateApiDestination, DeleteApiDestination.

import type { ApiDestinationView, Control } from '../../control/index.ts'
import type { ApiDestinationSpec } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface NameInput {
  readonly Name: string
}

interface CreateInput extends NameInput {
  readonly Description?: string
  readonly ConnectionArn: string
  readonly InvocationEndpoint: string
  readonly HttpMethod: ApiDestinationSpec['method']
  readonly InvocationRateLimitPerSecond?: number
}

type UpdateInput = NameInput & Partial<CreateInput>

interface ListInput {
  readonly NamePrefix?: string
  readonly ConnectionArn?: string
  readonly Limit?: number
  readonly NextToken?: string
}

export function apiDestinationOperations({ apiDestinations }: Control): readonly AwsOperation[] {
  return [
    operation<CreateInput>('events', 'CreateApiDestination', async (input, scope) =>
      encodeChange(
        await apiDestinations.create(scope, {
          name: input.Name,
          description: input.Description,
          connectionArn: input.ConnectionArn,
          endpoint: input.InvocationEndpoint,
          method: input.HttpMethod,
          ratePerSecondMax: input.InvocationRateLimitPerSecond,
        }),
      ),
    ),
    operation<NameInput>('events', 'DescribeApiDestination', async (input, scope) => {
      const destination = await apiDestinations.get(scope, input.Name)
      return { ...encodeListed(destination), Description: destination.spec.description }
    }),
    operation<ListInput>('events', 'ListApiDestinations', async (input, scope) => {
      const { NamePrefix: namePrefix, ConnectionArn: connectionArn } = input
      const { Limit: limit, NextToken: token } = input
      const page = await apiDestinations.list(scope, { namePrefix, connectionArn, limit, token })
      return { ApiDestinations: page.items.map(encodeListed), NextToken: page.nextToken }
    }),
    operation<UpdateInput>('events', 'UpdateApiDestination', async (input, scope) =>
      encodeChange(
        await apiDestinations.update(scope, {
          name: input.Name,
          description: input.Description,
          connectionArn: input.ConnectionArn,
          endpoint: input.InvocationEndpoint,
          method: input.HttpMethod,
          ratePerSecondMax: input.InvocationRateLimitPerSecond,
        }),
      ),
    ),
    operation<NameInput>('events', 'DeleteApiDestination', async (input, scope) => {
      await apiDestinations.delete(scope, input.Name)
      return {}
    }),
  ]
}

function encodeChange(destination: ApiDestinationView): object {
  return {
    ApiDestinationArn: destination.arn,
    ApiDestinationState: destination.state,
    CreationTime: destination.createdAt,
    LastModifiedTime: destination.modifiedAt,
  }
}

function encodeListed(destination: ApiDestinationView): object {
  const { spec } = destination
  return {
    ...encodeChange(destination),
    Name: spec.name,
    ConnectionArn: spec.connectionArn,
    InvocationEndpoint: spec.endpoint,
    HttpMethod: spec.method,
    InvocationRateLimitPerSecond: spec.ratePerSecondMax,
  }
}
