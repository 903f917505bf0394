// PutRule, DescribeRule, ListRules, ListRuleNamesByTarget, EnableRule, DisableRule, DeleteRule.

import type { Control, RuleView } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'
import { decodeTags, type TagInput } from './tag-operations.ts'

type State = RuleView['spec']['state']

interface NameInput {
  readonly Name: string
  readonly EventBusName?: string
}

interface PutInput extends NameInput {
  readonly EventPattern?: string
  readonly ScheduleExpression?: string
  readonly State?: State
  readonly Description?: string
  readonly RoleArn?: string
  readonly Tags?: readonly TagInput[]
}

interface PageInput {
  readonly EventBusName?: string
  readonly Limit?: number
  readonly NextToken?: string
}

interface ListInput extends PageInput {
  readonly NamePrefix?: string
}

interface ListByTargetInput extends PageInput {
  readonly TargetArn: string
}

export function ruleOperations(control: Control): readonly AwsOperation[] {
  const { rules } = control
  return [
    operation<PutInput>('events', 'PutRule', async (input, scope) => {
      const rule = await rules.put(scope, {
        ...decodeName(input),
        pattern: input.EventPattern,
        schedule: input.ScheduleExpression,
        state: input.State,
        description: input.Description,
        roleArn: input.RoleArn,
        ...decodeTags(input.Tags),
      })
      return { RuleArn: rule.arn }
    }),
    operation<NameInput>('events', 'DescribeRule', async (input, scope) => {
      const rule = await rules.get(scope, decodeName(input))
      return { ...encodeRule(rule), CreatedBy: rule.spec.createdBy }
    }),
    operation<ListInput>('events', 'ListRules', async (input, scope) => {
      const filter = { ...decodePage(input), namePrefix: input.NamePrefix }
      const page = await rules.list(scope, filter)
      return { Rules: page.items.map(encodeRule), NextToken: page.nextToken }
    }),
    operation<ListByTargetInput>('events', 'ListRuleNamesByTarget', async (input, scope) => {
      const filter = { ...decodePage(input), address: input.TargetArn }
      const page = await rules.listByTarget(scope, filter)
      return { RuleNames: page.items, NextToken: page.nextToken }
    }),
    operation<NameInput>('events', 'EnableRule', async (input, scope) => {
      await rules.setState(scope, decodeName(input), 'ENABLED')
      return {}
    }),
    operation<NameInput>('events', 'DisableRule', async (input, scope) => {
      await rules.setState(scope, decodeName(input), 'DISABLED')
      return {}
    }),
    operation<NameInput>('events', 'DeleteRule', async (input, scope) => {
      await rules.delete(scope, decodeName(input))
      return {}
    }),
  ]
}

function decodeName(input: NameInput): {
  readonly rule: string
  readonly bus: string | undefined
} {
  return { rule: input.Name, bus: input.EventBusName }
}

function decodePage(input: PageInput): {
  readonly bus: string | undefined
  readonly limit: number | undefined
  readonly token: string | undefined
} {
  return { bus: input.EventBusName, limit: input.Limit, token: input.NextToken }
}

function encodeRule({ arn, spec }: RuleView): object {
  return {
    Name: spec.name,
    Arn: arn,
    EventPattern: spec.pattern,
    State: spec.state,
    Description: spec.description,
    ScheduleExpression: spec.schedule,
    RoleArn: spec.roleArn,
    ManagedBy: spec.managedBy,
    EventBusName: spec.bus,
  }
}
