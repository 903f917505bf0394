// What a deployment is for, as its templates see it.

import type { KubeObject } from '../objects/index.ts'
import { GoStruct } from '../transform/index.ts'
import { digest } from './names.ts'
import type { Occasion } from './shapes.ts'

/** `.CloudEvent`, `.Resource`, `.MatchingResource` of one; their plurals of all together; `.Cluster`. */
export function templateData(
  { cloudEvent, cloudEvents, resource, oldResource, resources }: Occasion,
  cluster: KubeObject,
): Readonly<Record<string, unknown>> {
  if (cloudEvents !== undefined || resources !== undefined) {
    return {
      CloudEvents: cloudEvents ?? [],
      Resources: resources ?? [],
      MatchingResources: (resources ?? []).map(referenceTo),
      Cluster: cluster,
    }
  }
  return {
    CloudEvent: cloudEvent ?? null,
    Resource: resource ?? null,
    OldResource: oldResource ?? null,
    MatchingResource: referenceTo(resource),
    Cluster: cluster,
  }
}

/** What errors call the templates of a trigger. */
export function templateName(trigger: string, { metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}-${metadata.name}-${trigger}`
}

/** Of the same occasion the same, whatever the order of its members. */
export function occasionHash(occasion: Occasion): string {
  const { cloudEvent, cloudEvents, resource, oldResource, resources } = occasion
  return digest(JSON.stringify(sorted([cloudEvent, cloudEvents, resource, oldResource, resources])))
}

function referenceTo(resource: KubeObject | undefined): GoStruct {
  const fields = [
    ['Kind', 'kind', resource?.kind],
    ['Namespace', 'namespace', resource?.metadata.namespace],
    ['Name', 'name', resource?.metadata.name],
    ['APIVersion', 'apiVersion', resource?.apiVersion],
  ] as const
  return new GoStruct(
    'v1.ObjectReference',
    fields.map(([name, jsonName, value]) => ({ name, jsonName, value: value ?? '' })),
  )
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]))
}
