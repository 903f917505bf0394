// What this server serves, told in both forms: all at once as clients ask for it now, and a document for each group and
// version, which `kubectl auth can-i` and older clients read.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api

import type { ServedGroup, ServedResource, ServedVersion } from './served.ts'

/** Every group in one document, in the version of the form that the client understands. */
export function aggregatedDiscovery(groups: readonly ServedGroup[], version: string): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: { name, creationTimestamp: null },
      versions: versions.map((served) => ({
        version: served.version,
        resources: served.resources.map((resource) => discoveredResource(resource)),
        freshness: 'Current',
      })),
    })),
  }
}

function discoveredResource(resource: ServedResource): object {
  const { group, version, plural, kind, singular, shortNames, categories, subresources } = resource
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: resource.verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((part) => ({
            subresource: part.name,
            responseKind: {
              group: part.group ?? group,
              version: part.version ?? version,
              kind: part.kind,
            },
            verbs: part.verbs,
          })),
        }),
  }
}

export function legacyVersions(address: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  }
}

export function groupList(groups: readonly ServedGroup[]): object {
  const named = groups.filter(({ name }) => name !== '')
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: named.map((one) => groupFields(one)) }
}

export function groupDocument(group: ServedGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupFields(group) }
}

function groupFields({ name, versions }: ServedGroup): object {
  const told = versions.map(({ apiVersion, version }) => ({ groupVersion: apiVersion, version }))
  return { name, versions: told, preferredVersion: told[0] }
}

export function resourceList({ apiVersion, resources }: ServedVersion): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersion,
    resources: resources.flatMap((resource) => listedResources(resource)),
  }
}

function listedResources(resource: ServedResource): readonly object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length === 0 ? {} : { shortNames }),
      ...(categories.length === 0 ? {} : { categories }),
    },
    ...resource.subresources.map((part) => ({
      name: `${plural}/${part.name}`,
      singularName: '',
      namespaced,
      ...(part.group === undefined ? {} : { group: part.group, version: part.version }),
      kind: part.kind,
      verbs: part.verbs,
    })),
  ]
}
