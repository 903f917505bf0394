// The names of users that mean something: nobody, and service accounts.

export const ANONYMOUS_NAME = 'system:anonymous'

const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/

/** The name of a service account as a user. */
export function serviceAccountName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}

/** Undefined for a user that is no service account. */
export function splitServiceAccount(
  user: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = ACCOUNT.exec(user) ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

export function serviceAccountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}
