// A queue's access policy as AddPermission and RemovePermission change it: a document of statements, one per label.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html

import { queueFault } from './fault.ts'
import { PERMISSION_ACTIONS_MAX, PERMISSIONS_MAX } from './limits.ts'

export interface QueuePermission {
  readonly label: string
  readonly accounts: readonly string[]
  /** Names such as `SendMessage`, or `*`. */
  readonly actions: readonly string[]
}

interface Policy {
  readonly Version: string
  readonly Id: string
  readonly Statement: readonly Statement[]
}

interface Statement {
  readonly Sid?: string
  readonly [member: string]: unknown
}

/** What an owner may let others do; the rest is the owner's alone. */
const SHARED_ACTIONS: ReadonlySet<string> = new Set([
  '*',
  'ChangeMessageVisibility',
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
])

/** The policy's text with one more statement. */
export function addPermission(
  text: string | undefined,
  queueArn: string,
  permission: QueuePermission,
): string {
  checkPermission(permission)
  const policy = parsePolicy(text, queueArn)
  if (policy.Statement.some(({ Sid }) => Sid === permission.label)) {
    throw invalidLabel(permission.label, 'Already exists.')
  }
  if (policy.Statement.length >= PERMISSIONS_MAX) {
    throw queueFault('OverLimit', `A policy has at most ${PERMISSIONS_MAX} statements.`)
  }
  const Statement = [...policy.Statement, statementOf(queueArn, permission)]
  return JSON.stringify({ ...policy, Statement })
}

/** The policy's text without the statement of a label; empty when none is left. */
export function removePermission(
  text: string | undefined,
  queueArn: string,
  label: string,
): string {
  const policy = parsePolicy(text, queueArn)
  const Statement = policy.Statement.filter(({ Sid }) => Sid !== label)
  if (Statement.length === policy.Statement.length) {
    throw invalidLabel(label, "can't find label on existing policy.")
  }
  return Statement.length === 0 ? '' : JSON.stringify({ ...policy, Statement })
}

function checkPermission({ label, accounts, actions }: QueuePermission): void {
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(label)) {
    throw invalidLabel(
      label,
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.',
    )
  }
  if (actions.length === 0) {
    throw queueFault('MissingParameter', 'The request must contain the parameter Actions.')
  }
  if (actions.length > PERMISSION_ACTIONS_MAX) {
    throw queueFault(
      'OverLimit',
      `${actions.length} Actions were found, maximum allowed is ${PERMISSION_ACTIONS_MAX}.`,
    )
  }
  const own = actions.find((action) => !SHARED_ACTIONS.has(action))
  if (own !== undefined) {
    throw queueFault(
      'InvalidParameterValue',
      `Value SQS:${own} for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.`,
    )
  }
  if (accounts.length === 0 || accounts.some((account) => !/^\d{12}$/.test(account))) {
    throw queueFault(
      'InvalidParameterValue',
      `Value [${accounts.join(', ')}] for parameter PrincipalId is invalid. Reason: Unable to verify.`,
    )
  }
}

function statementOf(queueArn: string, { label, accounts, actions }: QueuePermission): Statement {
  return {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: oneOrAll(accounts.map((account) => `arn:aws:iam::${account}:root`)) },
    Action: oneOrAll(actions.map((action) => `SQS:${action}`)),
    Resource: queueArn,
  }
}

/** A list of one is written as the one. */
function oneOrAll(texts: readonly string[]): string | readonly string[] {
  return texts.length === 1 ? texts[0]! : texts
}

function parsePolicy(text: string | undefined, queueArn: string): Policy {
  const empty = { Version: '2008-10-17', Id: `${queueArn}/SQSDefaultPolicy`, Statement: [] }
  if (text === undefined || text === '') return empty
  // The attribute was checked to hold an object when it was set; what it holds is its owner's.
  const policy = { ...empty, ...(JSON.parse(text) as Partial<Policy>) }
  return { ...policy, Statement: [policy.Statement].flat() }
}

function invalidLabel(label: string, reason: string): Error {
  return queueFault(
    'InvalidParameterValue',
    `Value ${label} for parameter Label is invalid. Reason: ${reason}`,
  )
}
