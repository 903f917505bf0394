// The partner's operations (CreatePartnerEventSource, DeletePartnerEventSource, DescribePartnerEventSource,
// ListPartnerEventSources, ListPartnerEventSourceAccounts) and the account's (ActivateEventSource,
// DeactivateEventSource, DescribeEventSource, ListEventSources).

import type { Control, EventSourceView } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface NameInput {
  readonly Name: string
}

interface OfferInput extends NameInput {
  readonly Account: string
}

interface PageInput {
  readonly NamePrefix?: string
  readonly Limit?: number
  readonly NextToken?: string
}

type AccountsInput = Omit<PageInput, 'NamePrefix'> & { readonly EventSourceName: string }

export function eventSourceOperations({ eventSources }: Control): readonly AwsOperation[] {
  return [
    operation<OfferInput>('events', 'CreatePartnerEventSource', async (input, scope) => {
      const { Name: name, Account: account } = input
      return { EventSourceArn: (await eventSources.create(scope, { name, account })).arn }
    }),
    operation<OfferInput>('events', 'DeletePartnerEventSource', async (input, scope) => {
      await eventSources.delete(scope, { name: input.Name, account: input.Account })
      return {}
    }),
    operation<NameInput>('events', 'DescribePartnerEventSource', async (input, scope) => {
      const { arn, name } = await eventSources.getOffered(scope, input.Name)
      return { Arn: arn, Name: name }
    }),
    operation<PageInput>('events', 'ListPartnerEventSources', async (input, scope) => {
      const page = await eventSources.listOffered(scope, decodePage(input))
      const PartnerEventSources = page.items.map(({ arn, name }) => ({ Arn: arn, Name: name }))
      return { PartnerEventSources, NextToken: page.nextToken }
    }),
    operation<AccountsInput>('events', 'ListPartnerEventSourceAccounts', async (input, scope) => {
      const { EventSourceName: name } = input
      const page = await eventSources.listAccounts(scope, name, decodePage(input))
      const PartnerEventSourceAccounts = page.items.map((source) => ({
        Account: source.account,
        ...encodeState(source),
      }))
      return { PartnerEventSourceAccounts, NextToken: page.nextToken }
    }),
    operation<NameInput>('events', 'ActivateEventSource', async (input, scope) => {
      await eventSources.activate(scope, input.Name)
      return {}
    }),
    operation<NameInput>('events', 'DeactivateEventSource', async (input, scope) => {
      await eventSources.deactivate(scope, input.Name)
      return {}
    }),
    operation<NameInput>('events', 'DescribeEventSource', async (input, scope) =>
      encode(await eventSources.get(scope, input.Name)),
    ),
    operation<PageInput>('events', 'ListEventSources', async (input, scope) => {
      const page = await eventSources.list(scope, decodePage(input))
      return { EventSources: page.items.map(encode), NextToken: page.nextToken }
    }),
  ]
}

function decodePage({ NamePrefix: namePrefix, Limit: limit, NextToken: token }: PageInput): {
  readonly namePrefix: string | undefined
  readonly limit: number | undefined
  readonly token: string | undefined
} {
  return { namePrefix, limit, token }
}

function encode(source: EventSourceView): object {
  // The second part of the name is the partner's own.
  const [, partner] = source.name.split('/')
  return { Arn: source.arn, Name: source.name, CreatedBy: partner, ...encodeState(source) }
}

function encodeState({ state, createdAt, expiresAt }: EventSourceView): object {
  return { State: state, CreationTime: createdAt, ExpirationTime: expiresAt }
}
