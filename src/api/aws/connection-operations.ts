// CreateConnection, DescribeConnection, ListConnections, UpdateConnection, DeauthorizeConnection, DeleteConnection.

import type { ConnectionChange, ConnectionView, Control } from '../../control/index.ts'
import {
  authorizationType,
  type AuthorizationType,
  type AuthParameters,
  decodeAuthorization,
  encodeAuthorization,
  type ResourceParameters,
} from './connection-parameters.ts'
import { type AwsOperation, operation } from './operation.ts'
import { secretArnOf } from './secret-arn.ts'

interface NameInput {
  readonly Name: string
}

interface ConnectionInput extends NameInput {
  readonly Description?: string
  readonly AuthorizationType?: AuthorizationType
  readonly AuthParameters?: AuthParameters
  readonly InvocationConnectivityParameters?: ResourceParameters
  readonly KmsKeyIdentifier?: string
}

interface ListInput {
  readonly NamePrefix?: string
  readonly ConnectionState?: string
  readonly Limit?: number
  readonly NextToken?: string
}

export function connectionOperations({ connections }: Control): readonly AwsOperation[] {
  return [
    operation<ConnectionInput>('events', 'CreateConnection', async (input, scope) => {
      const { LastAuthorizedTime: _, ...created } = encodeChange(
        await connections.create(scope, decode(input)),
      )
      return created
    }),
    operation<NameInput>('events', 'DescribeConnection', async (input, scope) =>
      encode(await connections.get(scope, input.Name)),
    ),
    operation<ListInput>('events', 'ListConnections', async (input, scope) => {
      const { NamePrefix: namePrefix, ConnectionState: state } = input
      const { Limit: limit, NextToken: token } = input
      const page = await connections.list(scope, { namePrefix, state, limit, token })
      return { Connections: page.items.map(encodeListed), NextToken: page.nextToken }
    }),
    operation<ConnectionInput>('events', 'UpdateConnection', async (input, scope) =>
      encodeChange(await connections.update(scope, decode(input))),
    ),
    operation<NameInput>('events', 'DeauthorizeConnection', async (input, scope) =>
      encodeChange(await connections.deauthorize(scope, input.Name)),
    ),
    operation<NameInput>('events', 'DeleteConnection', async (input, scope) => ({
      ...encodeChange(await connections.delete(scope, input.Name)),
      ConnectionState: 'DELETING',
    })),
  ]
}

function decode(input: ConnectionInput): ConnectionChange {
  const { AuthorizationType: type, AuthParameters: parameters } = input
  const connectivity = input.InvocationConnectivityParameters ?? parameters?.ConnectivityParameters
  return {
    name: input.Name,
    description: input.Description,
    kmsKeyIdentifier: input.KmsKeyIdentifier,
    connectivityArn: connectivity?.ResourceParameters.ResourceConfigurationArn,
    ...decodeAuthorization(type, parameters),
  }
}

function encodeChange(connection: ConnectionView): Readonly<Record<string, unknown>> {
  return {
    ConnectionArn: connection.arn,
    ConnectionState: connection.state,
    CreationTime: connection.createdAt,
    LastModifiedTime: connection.modifiedAt,
    LastAuthorizedTime: connection.authorizedAt,
  }
}

function encodeListed(connection: ConnectionView): object {
  return {
    ...encodeChange(connection),
    Name: connection.spec.name,
    StateReason: connection.reason,
    AuthorizationType: authorizationType(connection),
  }
}

function encode(connection: ConnectionView): object {
  const { spec } = connection
  return {
    ...encodeListed(connection),
    Description: spec.description,
    SecretArn: secretArnOf(connection),
    KmsKeyIdentifier: spec.kmsKeyIdentifier,
    AuthParameters: encodeAuthorization(connection),
    InvocationConnectivityParameters:
      spec.connectivityArn === undefined
        ? undefined
        : { ResourceParameters: { ResourceConfigurationArn: spec.connectivityArn } },
  }
}
