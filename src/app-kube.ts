// The Kubernetes dialect of this server: its objects, and who may do what with them.

import type { Access } from './access/index.ts'
import { createKubeDialect, type Dialect, type KubeAccess } from './api/index.ts'
import type { Authorization } from './app-authorization.ts'
import type { AppOptions } from './app-options.ts'
import type { Rooms } from './app-rooms.ts'
import { KubeError, type PodLogs } from './objects/index.ts'

export function createKube(
  { clock, random }: AppOptions,
  { objects, access }: Pick<Rooms, 'objects' | 'access'>,
  authorization: Authorization,
): Dialect {
  const users = createAccess(access, authorization)
  return createKubeDialect({ objects, podLogs: NO_PODS, access: users, clock, random })
}

/** Pods can be written down, and nothing runs them. */
const NO_PODS: PodLogs = {
  async read({ pod, container }) {
    const { name } = pod.metadata
    throw new KubeError(
      'BadRequest',
      `container "${container}" in pod "${name}" is waiting to start: nothing runs pods here`,
    )
  },
}

function createAccess(access: Access, { identify }: Authorization): KubeAccess {
  const { authenticator, authorizer, serviceAccounts } = access
  return {
    async authenticate(request) {
      const user = await identify(request)
      if (user === undefined) throw new KubeError('Unauthorized', 'Unauthorized')
      return access.impersonate(user, request.rawHeaders)
    },
    authorize: async (question) => authorizer.authorize(question),
    actorFor: (user) => access.actorFor(user),
    rulesOf: async (user, namespace) => authorizer.describeRules(user, namespace),
    reviewToken: (token, audiences) => authenticator.userOfToken(token, audiences),
    issueToken: (wish) => serviceAccounts.issue(wish),
  }
}
