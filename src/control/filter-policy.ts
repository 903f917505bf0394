// Filter policies of subscriptions: the pattern language, asked of a publication's attributes or of its body.
// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html

import { isAppError } from '../base/index.ts'
import { parsePattern } from '../match/index.ts'
import { invalidParameter } from './topic-fault.ts'

export type FilterScope = 'MessageAttributes' | 'MessageBody'

/** Where a publication's event shows what a scope asks of. */
const VIEWS: Readonly<Record<FilterScope, string>> = {
  MessageAttributes: 'attributes',
  MessageBody: 'body',
}

/** The pattern of a subscription without a policy: every notification of its topic. */
const EVERY_NOTIFICATION = { 'detail-type': ['Notification'] }

/** The pattern that a subscription's attributes ask for. Throws SNS's fault for a policy that is none. */
export function filterPattern(attributes: Readonly<Record<string, string>>): string {
  const policy = attributes['FilterPolicy'] ?? ''
  const scope = attributes['FilterPolicyScope'] ?? 'MessageAttributes'
  if (scope !== 'MessageAttributes' && scope !== 'MessageBody') {
    throw invalidParameter(
      'FilterPolicyScope: Invalid value [' +
        `${scope}]. Please use either MessageBody or MessageAttributes`,
    )
  }
  if (policy === '') return JSON.stringify(EVERY_NOTIFICATION)
  const asked = parsePolicy(policy)
  if (Object.keys(asked).length === 0) return JSON.stringify(EVERY_NOTIFICATION)
  const pattern = JSON.stringify({ ...EVERY_NOTIFICATION, detail: { [VIEWS[scope]]: asked } })
  try {
    parsePattern(pattern)
  } catch (error) {
    if (!isAppError(error, 'PATTERN_INVALID')) throw error
    throw invalidParameter(`FilterPolicy: ${error.message.split('\n')[0]}`)
  }
  return pattern
}

function parsePolicy(text: string): object {
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    throw invalidParameter('FilterPolicy: failed to parse JSON.')
  }
  if (typeof policy === 'object' && policy !== null && !Array.isArray(policy)) return policy
  throw invalidParameter('FilterPolicy: Filter is not an object')
}
