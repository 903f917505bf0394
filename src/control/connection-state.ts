// What state a connection is in, read from its resource. A status speaks of one generation of the spec, so that a
// change makes the connection ask for its token anew without a second write.
//
//   create, update ──► AUTHORIZED (basic, api key)
//                 └──► AUTHORIZING (oauth) ──token──► AUTHORIZED
//                           └──────────refused──────► DEAUTHORIZED ◄── deauthorize

import {
  connectionArn,
  type ConnectionSpec,
  type ConnectionStatus,
  type ResourceOf,
} from '../model/index.ts'
import { createdAtOf, modifiedAtOf } from './resources.ts'

export interface ConnectionState {
  readonly state: 'AUTHORIZED' | 'AUTHORIZING' | 'DEAUTHORIZED'
  readonly reason?: string
  readonly authorizedAt?: number
}

export interface ConnectionView extends ConnectionState {
  readonly arn: string
  /** The uid: stable, and another after deletion and creation. */
  readonly id: string
  /** Without what is sealed. */
  readonly spec: Omit<ConnectionSpec, 'sealed'>
  readonly createdAt: number
  readonly modifiedAt: number
}

type Connection = ResourceOf<'Connection'>

export function stateOf(connection: Connection): ConnectionState {
  const { spec, metadata } = connection
  const status = statusOf(connection)
  const isCurrent = status?.generation === metadata.generation
  if (spec.sealed === undefined) {
    return { state: 'DEAUTHORIZED', reason: 'the connection was deauthorized' }
  }
  if (isCurrent) {
    const { state, reason, authorizedAt } = status
    return {
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(authorizedAt === undefined ? {} : { authorizedAt }),
    }
  }
  if (spec.authorization.kind === 'oauth') return { state: 'AUTHORIZING' }
  return { state: 'AUTHORIZED', authorizedAt: modifiedAtOf(connection) }
}

export function viewConnection(connection: Connection): ConnectionView {
  const { spec, metadata } = connection
  const { sealed: _, ...open } = spec
  return {
    arn: connectionArn(spec, spec.name, metadata.uid),
    id: metadata.uid,
    spec: open,
    createdAt: createdAtOf(connection),
    modifiedAt: modifiedAtOf(connection),
    ...stateOf(connection),
  }
}

function statusOf({ status }: Connection): ConnectionStatus | undefined {
  // Written by the authorizer alone.
  return status as ConnectionStatus | undefined
}
