// Who may use a bus: its own account unless the policy forbids it, every other account only if the policy says so.
// Read from the ruleset, so that a policy holds from the moment its change is answered.

import { type BusRef, parseBusKey } from '../event/index.ts'
import { type BusRules, busArn, judgePolicy } from '../model/index.ts'

export interface BusRequest {
  readonly busKey: string
  /** The account that asks. */
  readonly account: string
  /** `events:PutEvents`. */
  readonly action: string
  /** What it is about, where it is an event; asked for only when the policy must be read. */
  readonly event?: () => { readonly source: string; readonly type: string }
}

export interface BusAccess {
  /** Why not, in AWS's words; undefined when it may. */
  refusal(request: BusRequest): string | undefined
}

export interface BusAccessOptions {
  readonly findBus: (busKey: string) => BusRules | undefined
  /** The organization that all accounts of this server are in, for `aws:PrincipalOrgID`. */
  readonly organizationId?: string | undefined
}

export function createBusAccess(options: BusAccessOptions): BusAccess {
  return {
    refusal(request) {
      const policy = options.findBus(request.busKey)?.policy
      const isOwn = request.busKey.startsWith(`${request.account}/`)
      if (policy === undefined && isOwn) return undefined
      const bus = parseBusKey(request.busKey)
      const decision = judgePolicy(policy ?? [], {
        action: request.action,
        resource: busArn(bus, bus.name),
        account: request.account,
        context: contextOf(request, options.organizationId),
      })
      if (decision === 'allow' || (decision === 'silent' && isOwn)) return undefined
      return refusalText(request, bus, decision)
    },
  }
}

function contextOf(
  { account, event }: BusRequest,
  organizationId: string | undefined,
): Readonly<Record<string, string>> {
  const about = event?.()
  return {
    'aws:principalaccount': account,
    'aws:sourceaccount': account,
    'aws:principalarn': rootOf(account),
    ...(organizationId === undefined ? {} : { 'aws:principalorgid': organizationId }),
    ...(about === undefined
      ? {}
      : { 'events:source': about.source, 'events:detail-type': about.type }),
  }
}

function refusalText(
  { account, action }: BusRequest,
  bus: BusRef,
  decision: 'deny' | 'silent',
): string {
  const because =
    decision === 'deny'
      ? 'with an explicit deny in a resource-based policy'
      : `because no resource-based policy allows the ${action} action`
  return `User: ${rootOf(account)} is not authorized to perform: ${action} on resource: ${busArn(bus, bus.name)} ${because}`
}

function rootOf(account: string): string {
  return `arn:aws:iam::${account}:root`
}
