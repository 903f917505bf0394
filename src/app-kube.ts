// The Kubernetes dialect of this server: its objects, and who may do what with them.

import type { Access } from './access/index.ts'
import { createKubeDialect, type Dialect, type KubeAccess } from './api/index.ts'
import type { Authorization } from './app-authorization.ts'
import type { AppOptions } from './app-options.ts'
import type { Rooms } from './app-rooms.ts'
import { KubeError, type PodLogs } from './objects/index.ts'

/** Who asks where nobody has to say who they are; and, so far, whoever has an access key. */
const EVERYBODY = { name: 'signalbox:dev', groups: ['system:masters', 'system:authenticated'] }

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

function createAccess(access: Access, { authorize }: Authorization): KubeAccess {
  return {
    async authenticate(request) {
      const refused = await authorize(request)
      if (refused === undefined) return access.impersonate(EVERYBODY, request.rawHeaders)
      throw new KubeError('Unauthorized', 'Unauthorized')
    },
    authorize: async (question) => access.authorizer.authorize(question),
    actorFor: (user) => access.actorFor(user),
    rulesOf: async (user, namespace) => access.authorizer.describeRules(user, namespace),
    reviewToken: async () => undefined,
    async issueToken() {
      throw new KubeError('ServiceUnavailable', 'this server has no tokens: every caller is let in')
    },
  }
}
