// The Kubernetes dialect of this server: its objects, and who may do what with them.

import type { Access } from './access/index.ts'
import { createKubeDialect, type Dialect, type KubeAccess } from './api/index.ts'
import type { Authorization } from './app-authorization.ts'
import type { AppOptions } from './app-options.ts'
import type { Rooms } from './app-rooms.ts'
import { KubeError } from './objects/index.ts'

export function createKube(
  { clock, random }: AppOptions,
  { objects, access, jobs }: Pick<Rooms, 'objects' | 'access' | 'jobs'>,
  authorization: Authorization,
): Dialect {
  const users = createAccess(access, authorization)
  return createKubeDialect({ objects, podLogs: jobs.output, access: users, clock, random })
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
