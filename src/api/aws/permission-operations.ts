// PutPermission and RemovePermission.

import { type Control, fault, type Permission } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface PutInput {
  readonly EventBusName?: string
  readonly Action?: string
  readonly Principal?: string
  readonly StatementId?: string
  readonly Condition?: { readonly Type: string; readonly Key: string; readonly Value: string }
  readonly Policy?: string
}

interface RemoveInput {
  readonly EventBusName?: string
  readonly StatementId?: string
  readonly RemoveAllPermissions?: boolean
}

export function permissionOperations(control: Control): readonly AwsOperation[] {
  const { permissions } = control
  return [
    operation<PutInput>('events', 'PutPermission', async (input, scope) => {
      await permissions.put(scope, input.EventBusName, decodePermission(input))
      return {}
    }),
    operation<RemoveInput>('events', 'RemovePermission', async (input, scope) => {
      const { EventBusName: bus, StatementId: id } = input
      if (input.RemoveAllPermissions === true) await permissions.removeAll(scope, bus)
      else if (id === undefined) throw fault('permission-incomplete')
      else await permissions.remove(scope, bus, id)
      return {}
    }),
  ]
}

function decodePermission(input: PutInput): Permission {
  if (input.Policy !== undefined) return { kind: 'policy', json: input.Policy }
  const { StatementId: id, Action: action, Principal: principal, Condition: condition } = input
  if (id === undefined || action === undefined || principal === undefined) {
    throw fault('permission-incomplete')
  }
  const statement = { id, action, principal }
  if (condition === undefined) return { kind: 'statement', statement }
  const { Type: type, Key: key, Value: value } = condition
  return { kind: 'statement', statement: { ...statement, condition: { type, key, value } } }
}
