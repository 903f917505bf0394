// CreateEndpoint, DescribeEndpoint, ListEndpoints, UpdateEndpoint, DeleteEndpoint.

import type { Control, EndpointChange, EndpointView } from '../../control/index.ts'
import type { Scope } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface NameInput {
  readonly Name: string
}

interface UpdateInput extends NameInput {
  readonly Description?: string
  readonly RoutingConfig?: {
    readonly FailoverConfig: {
      readonly Primary: { readonly HealthCheck: string }
      readonly Secondary: { readonly Route: string }
    }
  }
  readonly ReplicationConfig?: { readonly State?: 'ENABLED' | 'DISABLED' }
  readonly EventBuses?: readonly { readonly EventBusArn: string }[]
  readonly RoleArn?: string
}

type CreateInput = UpdateInput & Required<Pick<UpdateInput, 'RoutingConfig' | 'EventBuses'>>

interface ListInput {
  readonly NamePrefix?: string
  readonly HomeRegion?: string
  readonly MaxResults?: number
  readonly NextToken?: string
}

export function endpointOperations({ endpoints }: Control): readonly AwsOperation[] {
  return [
    operation<CreateInput>('events', 'CreateEndpoint', async (input, scope) => {
      const { Primary: primary, Secondary: secondary } = input.RoutingConfig.FailoverConfig
      const endpoint = await endpoints.create(scope, {
        ...decode(input),
        healthCheckArn: primary.HealthCheck,
        secondaryRegion: secondary.Route,
        buses: input.EventBuses.map(({ EventBusArn: arn }) => arn),
      })
      return encodeCreated(endpoint)
    }),
    operation<NameInput & Pick<ListInput, 'HomeRegion'>>(
      'events',
      'DescribeEndpoint',
      async (input, scope) => encode(await endpoints.get(homeOf(input, scope), input.Name)),
    ),
    operation<ListInput>('events', 'ListEndpoints', async (input, scope) => {
      const { NamePrefix: namePrefix, MaxResults: limit, NextToken: token } = input
      const page = await endpoints.list(homeOf(input, scope), { namePrefix, limit, token })
      return { Endpoints: page.items.map(encode), NextToken: page.nextToken }
    }),
    operation<UpdateInput>('events', 'UpdateEndpoint', async (input, scope) => {
      const endpoint = await endpoints.update(scope, decode(input))
      return { ...encodeCreated(endpoint), ...encodeAddress(endpoint) }
    }),
    operation<NameInput>('events', 'DeleteEndpoint', async (input, scope) => {
      await endpoints.delete(scope, input.Name)
      return {}
    }),
  ]
}

function homeOf({ HomeRegion: home }: Pick<ListInput, 'HomeRegion'>, scope: Scope): Scope {
  return { account: scope.account, region: home ?? scope.region }
}

function decode(input: UpdateInput): EndpointChange {
  const failover = input.RoutingConfig?.FailoverConfig
  const replication = input.ReplicationConfig?.State
  return {
    name: input.Name,
    description: input.Description,
    healthCheckArn: failover?.Primary.HealthCheck,
    secondaryRegion: failover?.Secondary.Route,
    buses: input.EventBuses?.map(({ EventBusArn: arn }) => arn),
    isReplicated: replication === undefined ? undefined : replication === 'ENABLED',
    roleArn: input.RoleArn,
  }
}

function encodeCreated({ arn, spec }: EndpointView): object {
  return {
    Name: spec.name,
    Arn: arn,
    RoutingConfig: {
      FailoverConfig: {
        Primary: { HealthCheck: spec.healthCheckArn },
        Secondary: { Route: spec.secondaryRegion },
      },
    },
    ReplicationConfig: { State: spec.isReplicated ? 'ENABLED' : 'DISABLED' },
    EventBuses: spec.buses.map((bus) => ({ EventBusArn: bus })),
    RoleArn: spec.roleArn,
    State: 'ACTIVE',
  }
}

function encodeAddress({ spec }: EndpointView): object {
  return {
    EndpointId: spec.endpointId,
    EndpointUrl: `https://${spec.endpointId}.endpoint.events.amazonaws.com`,
  }
}

function encode(endpoint: EndpointView): object {
  return {
    ...encodeCreated(endpoint),
    ...encodeAddress(endpoint),
    Description: endpoint.spec.description,
    StateReason: endpoint.isFailedOver ? 'Events go to the secondary region.' : undefined,
    CreationTime: endpoint.createdAt,
    LastModifiedTime: endpoint.modifiedAt,
  }
}
