// The use cases of a bus's resource policy: a list of statements, put one by one or as a whole document.

import { type BusSpec, busArn, type Scope } from '../model/index.ts'
import { changeBus } from './buses.ts'
import { fault } from './faults.ts'
import { POLICY_LENGTH_MAX } from './limits.ts'
import { resolveBusName } from './names.ts'
import type { ControlParts } from './resources.ts'

export interface PermissionStatement {
  readonly id: string
  readonly action: string
  /** An account, or `*`. */
  readonly principal: string
  readonly condition?: { readonly type: string; readonly key: string; readonly value: string }
}

export type Permission =
  | { readonly kind: 'statement'; readonly statement: PermissionStatement }
  /** A whole policy document, JSON; replaces every statement. */
  | { readonly kind: 'policy'; readonly json: string }

type Statement = Readonly<Record<string, unknown>>

export interface Permissions {
  put(scope: Scope, bus: string | undefined, permission: Permission): Promise<void>
  remove(scope: Scope, bus: string | undefined, statementId: string): Promise<void>
  removeAll(scope: Scope, bus: string | undefined): Promise<void>
}

export function createPermissions(parts: ControlParts): Permissions {
  return {
    async put(scope, nameOrArn, permission) {
      const bus = resolveBusName(scope, nameOrArn)
      await changePolicy(parts, scope, bus, (before) =>
        permission.kind === 'policy'
          ? parsePolicy(permission.json)
          : withStatement(before, toStatement(scope, bus, permission.statement)),
      )
    },
    async remove(scope, nameOrArn, statementId) {
      const bus = resolveBusName(scope, nameOrArn)
      await changePolicy(parts, scope, bus, (before) => {
        if (before.length === 0) throw fault('policy-missing', { bus })
        const after = before.filter((statement) => statement['Sid'] !== statementId)
        if (after.length === before.length) {
          throw fault('statement-not-found', { bus, statement: statementId })
        }
        return after
      })
    },
    async removeAll(scope, nameOrArn) {
      await changePolicy(parts, scope, resolveBusName(scope, nameOrArn), () => [])
    },
  }
}

/** The policy document of a bus, JSON; undefined when it has no statement. */
export function formatPolicy(spec: BusSpec): string | undefined {
  const statements = spec.policy ?? []
  if (statements.length === 0) return undefined
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

async function changePolicy(
  parts: ControlParts,
  scope: Scope,
  bus: string,
  change: (statements: readonly Statement[]) => readonly Statement[],
): Promise<void> {
  await changeBus(parts, scope, bus, (spec) => {
    const { policy, ...rest } = spec
    const statements = change(policy ?? [])
    const after: BusSpec = statements.length === 0 ? rest : { ...rest, policy: statements }
    if ((formatPolicy(after)?.length ?? 0) > POLICY_LENGTH_MAX) {
      throw fault('policy-too-long', { bus, max: POLICY_LENGTH_MAX })
    }
    return after
  })
}

function toStatement(scope: Scope, bus: string, statement: PermissionStatement): Statement {
  const { id, action, principal, condition } = statement
  return {
    Sid: id,
    Effect: 'Allow',
    Principal: principal === '*' ? '*' : { AWS: `arn:aws:iam::${principal}:root` },
    Action: action,
    Resource: busArn(scope, bus),
    ...(condition === undefined
      ? {}
      : { Condition: { [condition.type]: { [condition.key]: condition.value } } }),
  }
}

/** A statement of the same id is replaced where it stands. */
function withStatement(before: readonly Statement[], added: Statement): readonly Statement[] {
  const isThere = before.some((statement) => statement['Sid'] === added['Sid'])
  if (!isThere) return [...before, added]
  return before.map((statement) => (statement['Sid'] === added['Sid'] ? added : statement))
}

function parsePolicy(json: string): readonly Statement[] {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw fault('policy-invalid', { reason: 'it is not JSON' }, error)
  }
  const statements: unknown =
    typeof value === 'object' && value !== null && 'Statement' in value
      ? value.Statement
      : undefined
  const list: readonly unknown[] = Array.isArray(statements) ? statements : [statements]
  if (!list.every(isStatement)) {
    throw fault('policy-invalid', { reason: 'each statement needs Effect, Principal and Action' })
  }
  return list
}

function isStatement(value: unknown): value is Statement {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['Effect', 'Principal', 'Action'].every((name) => Object.hasOwn(value, name))
  )
}
