// Rules on buses of other accounts: a bus named by its ARN is its owner's, and whoever else puts rules there is let
// in by the bus's policy. The rule belongs to the owner; `createdBy` says who made it.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html

import { formatBusKey } from '../event/index.ts'
import { parseArn, type Scope } from '../model/index.ts'
import type { BusAccess } from './bus-access.ts'
import { fault } from './faults.ts'
import type { Rules } from './rules.ts'
import type { Targets } from './targets.ts'

const PREFIX = 'event-bus/'

/** The use cases of rules, for whoever may use the bus they are on. */
export function shareRules(rules: Rules, access: BusAccess): Rules {
  const at = locatorOf(access)
  return {
    ...rules,
    put: (caller, rule) => {
      const { scope, name } = at(caller, rule, 'events:PutRule')
      return rules.put(scope, { ...name, createdBy: caller.account })
    },
    get: (caller, rule) => {
      const { scope, name } = at(caller, rule, 'events:DescribeRule')
      return rules.get(scope, name)
    },
    list: (caller, filter) => {
      const { scope, name } = at(caller, filter, 'events:ListRules')
      return rules.list(scope, name)
    },
    listByTarget: (caller, filter) => {
      const { scope, name } = at(caller, filter, 'events:ListRuleNamesByTarget')
      return rules.listByTarget(scope, name)
    },
    setState: (caller, rule, state) => {
      const action = state === 'DISABLED' ? 'events:DisableRule' : 'events:EnableRule'
      const { scope, name } = at(caller, rule, action)
      return rules.setState(scope, name, state)
    },
    delete: (caller, rule) => {
      const { scope, name } = at(caller, rule, 'events:DeleteRule')
      return rules.delete(scope, name)
    },
  }
}

/** The use cases of targets, for whoever may use the bus of their rule. */
export function shareTargets(targets: Targets, access: BusAccess): Targets {
  const at = locatorOf(access)
  return {
    put: (caller, rule, drafts) => {
      const { scope, name } = at(caller, rule, 'events:PutTargets')
      return targets.put(scope, name, drafts)
    },
    remove: (caller, rule, ids) => {
      const { scope, name } = at(caller, rule, 'events:RemoveTargets')
      return targets.remove(scope, name, ids)
    },
    list: (caller, rule, page) => {
      const { scope, name } = at(caller, rule, 'events:ListTargetsByRule')
      return targets.list(scope, name, page)
    },
  }
}

interface Located<Name> {
  /** The owner's. */
  readonly scope: Scope
  /** With the bus by its name. */
  readonly name: Name
}

type Locate = <Name extends { readonly bus?: string | undefined }>(
  caller: Scope,
  name: Name,
  action: string,
) => Located<Name>

function locatorOf(access: BusAccess): Locate {
  return (caller, name, action) => {
    const arn = name.bus?.startsWith('arn:') === true ? parseArn(name.bus) : undefined
    const isOthers =
      arn?.service === 'events' &&
      arn.resource.startsWith(PREFIX) &&
      arn.account !== caller.account &&
      arn.region === caller.region
    if (arn === undefined || !isOthers) return { scope: caller, name }
    const { account, region } = arn
    const bus = arn.resource.slice(PREFIX.length)
    const busKey = formatBusKey({ account, region, name: bus })
    const reason = access.refusal({ busKey, account: caller.account, action })
    if (reason !== undefined) throw fault('bus-forbidden', { reason })
    return { scope: { account, region }, name: { ...name, bus } }
  }
}
