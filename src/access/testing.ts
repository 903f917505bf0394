// Roles and bindings in few words, and a question asked of nothing but them.

import { generateKeyPairSync } from 'node:crypto'
import type { KubeObject } from '../objects/index.ts'
import { Authorizer } from './authorizer.ts'
import { PolicyIndex } from './policy-index.ts'

const API_VERSION = 'rbac.authorization.k8s.io/v1'

/** A ClusterRole, or with a namespace a Role. */
export function roleOf(name: string, rules: readonly object[], namespace?: string): KubeObject {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role'
  return { apiVersion: API_VERSION, kind, metadata: metadataOf(name, namespace), rules }
}

export interface TestBinding {
  readonly name: string
  readonly namespace?: string
  /** `ClusterRole/admin`. */
  readonly role: string
  /** `User/ann`, `Group/dev`, `ServiceAccount/ns/name`. */
  readonly to: readonly string[]
}

export function bindingOf({ name, namespace, role, to }: TestBinding): KubeObject {
  const [kind, roleName] = role.split('/')
  return {
    apiVersion: API_VERSION,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: metadataOf(name, namespace),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: roleName },
    subjects: to.map((text) => {
      const [subject, first, second] = text.split('/')
      return second === undefined
        ? { kind: subject, name: first }
        : { kind: subject, namespace: first, name: second }
    }),
  }
}

export function authorizerOf(objects: readonly KubeObject[]): Authorizer {
  const index = new PolicyIndex()
  for (const object of objects) index.learn(object, undefined)
  return new Authorizer(index)
}

function metadataOf(name: string, namespace: string | undefined): KubeObject['metadata'] {
  return namespace === undefined ? { name } : { name, namespace }
}

/** What an access room of a test is opened with. */
export const ADMIN_TOKEN = 'the-token-of-the-administrator'
export const SIGNING_KEY: string = createSigningKey()

/** PEM. */
export function createSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
