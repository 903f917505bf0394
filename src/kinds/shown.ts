// Kinds that hold secrets, as they may be seen: a connection without what it authorizes with, a subscription without what
// confirms it. Not even what is sealed is shown.

import { viewConnection } from '../control/index.ts'
import type { ResourceOf } from '../model/index.ts'
import { type Column, column, type KubeObject } from '../objects/index.ts'

/** With its state as its own API tells it. */
export function showConnection(stored: KubeObject): KubeObject {
  const { spec, state, reason, authorizedAt } = viewConnection(
    stored as unknown as ResourceOf<'Connection'>,
  )
  const status = {
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(authorizedAt === undefined
      ? {}
      : { authorizedAt: new Date(authorizedAt * SECOND_MS).toISOString() }),
  }
  return { ...stored, spec, status }
}

export function showSubscription(stored: KubeObject): KubeObject {
  const { tokenHash: _, ...spec } = stored['spec'] as Readonly<Record<string, unknown>>
  return { ...stored, spec }
}

const SECOND_MS = 1000

export const CONNECTION_COLUMNS: readonly Column[] = [
  text('Connection', 'spec', 'name'),
  column('Authorization', (object) => authorizationOf(object)),
  text('State', 'status', 'state'),
  text('Reason', 'status', 'reason', 1),
  text('Region', 'spec', 'region', 1),
]

export const SUBSCRIPTION_COLUMNS: readonly Column[] = [
  text('Topic', 'spec', 'topic'),
  text('Protocol', 'spec', 'protocol'),
  text('Endpoint', 'spec', 'endpoint'),
  text('State', 'spec', 'state'),
  text('Region', 'spec', 'region', 1),
]

function text(name: string, part: 'spec' | 'status', field: string, priority = 0): Column {
  return column(name, (object) => wordOf(membersOf(object[part])[field]), { priority })
}

function authorizationOf(object: KubeObject): string {
  return wordOf(membersOf(membersOf(object['spec'])['authorization'])['kind'])
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return (value ?? {}) as Readonly<Record<string, unknown>>
}
