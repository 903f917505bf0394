// The refusals of the machinery, in the real server's words.
// https://github.com/kubernetes/apimachinery/blob/master/pkg/api/errors/errors.go

import type { FieldFault } from '../structure/index.ts'
import type { KubeType } from './kube-client.ts'
import { KubeError } from './kube-error.ts'
import { resourceName } from './resource-types.ts'
import type { AccessQuestion, ResourceType } from './resource-type.ts'

type Named = Pick<ResourceType, 'group' | 'plural'>

export function noSuchKind({ apiVersion, kind }: KubeType): KubeError {
  return new KubeError('NotFound', `no matches for kind "${kind}" in version "${apiVersion}"`)
}

export function notFound(type: Named, name: string): KubeError {
  const message = `${resourceName(type)} "${name}" not found`
  return new KubeError('NotFound', message, detailsOf(type, name))
}

export function alreadyExists(type: Named, name: string): KubeError {
  const message = `${resourceName(type)} "${name}" already exists`
  return new KubeError('AlreadyExists', message, detailsOf(type, name))
}

export function conflict(type: Named, name: string, why: string): KubeError {
  const message = `Operation cannot be fulfilled on ${resourceName(type)} "${name}": ${why}`
  return new KubeError('Conflict', message, detailsOf(type, name))
}

export const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again'

export function invalid(
  type: Pick<ResourceType, 'group' | 'kind'>,
  name: string,
  faults: readonly FieldFault[],
): KubeError {
  const texts = faults.map(({ field, message }) =>
    field === '' ? message : `${field}: ${message}`,
  )
  const text = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`
  const details = { name, group: type.group, kind: type.kind, causes: faults }
  return new KubeError('Invalid', `${kind} "${name}" is invalid: ${text}`, details)
}

export function forbidden(type: Named, name: string, why: string): KubeError {
  const message = `${resourceName(type)} "${name}" is forbidden: ${why}`
  return new KubeError('Forbidden', message, detailsOf(type, name))
}

export function accessDenied(question: AccessQuestion, why: string | undefined): KubeError {
  const { user, verb, group, resource, subresource, namespace, name } = question
  const plural = subresource === undefined ? resource : `${resource}/${subresource}`
  const subject = group === '' ? resource : `${resource}.${group}`
  const object = name === undefined ? '' : ` "${name}"`
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const message =
    `${subject}${object} is forbidden: User "${user.name}" cannot ${verb} resource "${plural}" ` +
    `in API group "${group}" ${where}${why === undefined ? '' : `: ${why}`}`
  const details = { group, kind: resource, ...(name === undefined ? {} : { name }) }
  return new KubeError('Forbidden', message, details)
}

export function badRequest(message: string): KubeError {
  return new KubeError('BadRequest', message)
}

export function expired(wanted: number, current: number): KubeError {
  return new KubeError('Expired', `too old resource version: ${wanted} (${current})`)
}

function detailsOf(
  { group, plural }: Named,
  name: string,
): { name: string; group?: string; kind: string } {
  return { name, ...(group === '' ? {} : { group }), kind: plural }
}
