// What is served just now, whatever keeps it: kinds of the object machinery, and the questions of `kubectl auth`, which
// are asked by creating an object that is stored nowhere.

import type { KubeVerb, ResourceTypes, SubresourceType } from '../../objects/index.ts'

/** A resource as discovery tells of it. */
export interface ServedResource {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly namespaced: boolean
  readonly verbs: readonly KubeVerb[]
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly subresources: readonly SubresourceType[]
}

export interface ServedVersion {
  /** `v1`, `batch/v1`. */
  readonly apiVersion: string
  readonly version: string
  readonly resources: readonly ServedResource[]
}

export interface ServedGroup {
  readonly name: string
  /** The preferred one first. */
  readonly versions: readonly ServedVersion[]
}

const AUTHORIZATION = 'authorization.k8s.io'
const AUTHENTICATION = 'authentication.k8s.io'

/** Kinds that are asked and not kept. */
export const REVIEWS: readonly ServedResource[] = [
  review(AUTHENTICATION, 'SelfSubjectReview'),
  review(AUTHENTICATION, 'TokenReview'),
  review(AUTHORIZATION, 'LocalSubjectAccessReview', true),
  review(AUTHORIZATION, 'SelfSubjectAccessReview'),
  review(AUTHORIZATION, 'SelfSubjectRulesReview'),
  review(AUTHORIZATION, 'SubjectAccessReview'),
]

/** The core group is the first, the one without a name. */
export function servedGroups(types: ResourceTypes): readonly ServedGroup[] {
  const resources = [...types.all().map((type) => servedOf(type)), ...REVIEWS]
  const groups = Map.groupBy(resources, ({ group }) => group)
  return Array.from(groups, ([name, ofGroup]) => ({
    name,
    versions: Array.from(
      Map.groupBy(ofGroup, ({ version }) => version),
      ([version, ofVersion]) => ({
        apiVersion: name === '' ? version : `${name}/${version}`,
        version,
        resources: ofVersion.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)),
      }),
    ).toSorted((a, b) => compareVersions(a.version, b.version)),
  }))
}

function servedOf(type: ReturnType<ResourceTypes['all']>[number]): ServedResource {
  const status: SubresourceType[] = type.hasStatus
    ? [{ name: 'status', kind: type.kind, verbs: ['get', 'patch', 'update'] }]
    : []
  return { ...type, subresources: [...type.subresources, ...status] }
}

function review(group: string, kind: string, namespaced = false): ServedResource {
  return {
    group,
    version: 'v1',
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    namespaced,
    verbs: ['create'],
    shortNames: [],
    categories: [],
    subresources: [],
  }
}

/**
 * The version to be preferred comes first: finished before beta before alpha, and among those the higher one.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority
 */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [rank(a), rank(b)]
  for (const [index, value] of one.entries())
    if (value !== other[index]) return other[index]! - value
  return a < b ? -1 : 1
}

const STAGES = ['alpha', 'beta']

function rank(version: string): readonly number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (match === null) return [-1, 0, 0]
  const [, major, stage, minor = '0'] = match
  return [stage === undefined ? STAGES.length : STAGES.indexOf(stage), Number(major), Number(minor)]
}
