// Every namespace has a service account `default`, which comes with it and comes again when it is deleted.
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#serviceaccount-controller

import type { Clock, Logger } from '../base/index.ts'
import { Controller, isKubeError, type KubeClient } from '../objects/index.ts'

const NAME = 'default'
const ACCOUNT = { apiVersion: 'v1', kind: 'ServiceAccount' }

export interface DefaultAccountsOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
}

export function createDefaultAccounts({
  client,
  clock,
  logger,
}: DefaultAccountsOptions): Controller {
  return new Controller({
    name: 'serviceaccount-controller',
    client,
    clock,
    logger,
    type: { apiVersion: 'v1', kind: 'Namespace' },
    related: [
      {
        type: ACCOUNT,
        concerns: ({ metadata: { name, namespace } }) =>
          name === NAME && namespace !== undefined
            ? [{ namespace: undefined, name: namespace }]
            : [],
      },
    ],
    async reconcile({ name: namespace }, object) {
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) return undefined
      const key = { ...ACCOUNT, namespace, name: NAME }
      if ((await client.get(key)) !== undefined) return undefined
      try {
        await client.create({ ...ACCOUNT, metadata: { name: NAME, namespace } })
      } catch (error) {
        // Another process was faster, or the namespace is going.
        const isOrdinary = ['AlreadyExists', 'Forbidden', 'NotFound'] as const
        if (!isOrdinary.some((reason) => isKubeError(error, reason))) throw error
      }
      return undefined
    },
  })
}
