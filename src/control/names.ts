// Names as callers give them, and the keys under which their resources are stored.

import {
  busArn,
  DEFAULT_BUS,
  encodeName,
  namespaceOf,
  parseArn,
  type Scope,
} from '../model/index.ts'
import { fault } from './faults.ts'

export interface ResourceKey {
  readonly namespace: string
  readonly name: string
}

export function busKeyOf(scope: Scope, bus: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, bus]) }
}

export function ruleKeyOf(scope: Scope, bus: string, rule: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, bus, rule]) }
}

/** The bus that a name or a bus ARN of the caller's own account and region means; nothing means `default`. */
export function resolveBusName(scope: Scope, nameOrArn: string | undefined): string {
  if (nameOrArn === undefined) return DEFAULT_BUS
  if (!nameOrArn.startsWith('arn:')) return nameOrArn
  const name = parseArn(nameOrArn)?.resource.replace(/^event-bus\//, '')
  if (name === undefined || busArn(scope, name) !== nameOrArn) {
    throw fault('bus-not-found', { bus: nameOrArn })
  }
  return name
}

export type NamedResource =
  | { readonly kind: 'bus'; readonly bus: string }
  | { readonly kind: 'rule'; readonly bus: string; readonly rule: string }

/** The bus or rule that an ARN of the caller's own account and region names. */
export function resolveArn(scope: Scope, arn: string): NamedResource {
  const parts = parseArn(arn)
  const isOwn =
    parts?.service === 'events' && parts.account === scope.account && parts.region === scope.region
  if (parts === undefined || !isOwn) throw fault('resource-not-found', { arn })
  const slash = parts.resource.indexOf('/')
  const type = parts.resource.slice(0, Math.max(0, slash))
  const name = parts.resource.slice(slash + 1)
  if (type === 'event-bus' && name !== '') return { kind: 'bus', bus: name }
  if (type !== 'rule' || name === '') throw fault('resource-not-found', { arn })
  // A bus name may hold slashes (partner buses do), a rule name never.
  const last = name.lastIndexOf('/')
  if (last === -1) return { kind: 'rule', bus: DEFAULT_BUS, rule: name }
  return { kind: 'rule', bus: name.slice(0, last), rule: name.slice(last + 1) }
}
