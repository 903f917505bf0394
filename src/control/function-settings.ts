// What is known of a function beside its code: who may invoke it, its tags, where failed invocations go. Kept for
// functions of every sort, and made when something is first said.

import { isAppError } from '../base/index.ts'
import {
  encodeName,
  functionArn,
  type FunctionSettingsSpec,
  namespaceOf,
  type ResourceOf,
  type Scope,
  type Tags,
} from '../model/index.ts'
import { functionFault } from './function-fault.ts'
import { FUNCTION_POLICY_LENGTH_MAX, TAGS_MAX } from './limits.ts'
import type { ResourceKey } from './names.ts'
import { type Publisher, type ResourceClient, retryConflicts } from './resources.ts'

export interface SettingsParts {
  readonly resources: ResourceClient
  readonly publisher: Publisher
}

type Settings = ResourceOf<'FunctionSettings'>

export interface FunctionPermission {
  readonly id: string
  readonly action: string
  /** A service, an account, an ARN, or `*`. */
  readonly principal: string
  readonly sourceArn?: string
  readonly sourceAccount?: string
  readonly organizationId?: string
}

export type Statement = Readonly<Record<string, unknown>>

export async function findSettings(
  { resources }: SettingsParts,
  scope: Scope,
  name: string,
): Promise<Settings | undefined> {
  return resources.get('FunctionSettings', settingsKey(scope, name))
}

/** Made when there are none yet; live when it resolves. */
export async function ensureSettings(
  parts: SettingsParts,
  scope: Scope,
  name: string,
): Promise<Settings> {
  return changeSettings(parts, scope, name, (spec) => spec)
}

export async function deleteSettings(
  { resources, publisher }: SettingsParts,
  scope: Scope,
  name: string,
): Promise<void> {
  try {
    await resources.delete('FunctionSettings', settingsKey(scope, name))
  } catch (error) {
    if (!isAppError(error, 'RESOURCE_NOT_FOUND')) throw error
  }
  await publisher.publish()
}

export async function addPermission(
  parts: SettingsParts,
  scope: Scope,
  name: string,
  permission: FunctionPermission,
): Promise<Statement> {
  const statement = statementOf(functionArn(scope, name), permission)
  await changeSettings(parts, scope, name, (spec) => {
    if (spec.policy.some(({ Sid }) => Sid === permission.id)) {
      throw functionFault(
        'ResourceConflictException',
        `The statement id (${permission.id}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
      )
    }
    const policy = [...spec.policy, statement]
    if (JSON.stringify(policy).length > FUNCTION_POLICY_LENGTH_MAX) {
      throw functionFault(
        'InvalidParameterValueException',
        `The final policy size is bigger than the limit (${FUNCTION_POLICY_LENGTH_MAX}).`,
      )
    }
    return { ...spec, policy }
  })
  return statement
}

export async function removePermission(
  parts: SettingsParts,
  scope: Scope,
  name: string,
  id: string,
): Promise<void> {
  await changeSettings(parts, scope, name, (spec) => {
    const policy = spec.policy.filter(({ Sid }) => Sid !== id)
    if (policy.length < spec.policy.length) return { ...spec, policy }
    throw functionFault(
      'ResourceNotFoundException',
      `Statement ${id} is not found in resource policy.`,
    )
  })
}

export async function changeTags(
  parts: SettingsParts,
  scope: Scope,
  name: string,
  { set = {}, remove = [] }: { readonly set?: Tags; readonly remove?: readonly string[] },
): Promise<void> {
  await changeSettings(parts, scope, name, (spec) => {
    const kept = Object.entries({ ...spec.tags, ...set }).filter(([key]) => !remove.includes(key))
    if (kept.length > TAGS_MAX) {
      throw functionFault(
        'InvalidParameterValueException',
        'Number of tags exceeds resource tag limit.',
      )
    }
    return { ...spec, tags: Object.fromEntries(kept) }
  })
}

export async function changeSettings(
  { resources, publisher }: SettingsParts,
  scope: Scope,
  name: string,
  change: (spec: FunctionSettingsSpec) => FunctionSettingsSpec,
): Promise<Settings> {
  const settings = await retryConflicts(async () => {
    const key = settingsKey(scope, name)
    const existing = await resources.get('FunctionSettings', key)
    if (existing !== undefined) {
      const spec = change(existing.spec)
      return spec === existing.spec
        ? existing
        : resources.update('FunctionSettings', { ...existing, spec })
    }
    const { account, region } = scope
    const spec = change({ account, region, name, policy: [] })
    return resources.create('FunctionSettings', { ...key, annotations: {}, spec })
  })
  await publisher.publish()
  return settings
}

function settingsKey(scope: Scope, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, name]) }
}

function statementOf(arn: string, permission: FunctionPermission): Statement {
  const { id, action, principal, sourceArn, sourceAccount, organizationId } = permission
  const equals = {
    ...(sourceAccount === undefined ? {} : { 'AWS:SourceAccount': sourceAccount }),
    ...(organizationId === undefined ? {} : { 'aws:PrincipalOrgID': organizationId }),
  }
  const condition = {
    ...(Object.keys(equals).length === 0 ? {} : { StringEquals: equals }),
    ...(sourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': sourceArn } }),
  }
  return {
    Sid: id,
    Effect: 'Allow',
    Principal: principalOf(principal),
    Action: action,
    Resource: arn,
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  }
}

function principalOf(principal: string): unknown {
  if (principal === '*') return '*'
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` }
  return principal.startsWith('arn:') ? { AWS: principal } : { Service: principal }
}
