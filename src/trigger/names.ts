// The kinds of event triggers, the labels and annotations they go by, and what makes two deployments the same one.

import { createHash } from 'node:crypto'
import type { KubeObject, KubeType } from '../objects/index.ts'

export const LIB_GROUP = 'lib.projectsveltos.io'
export const CONFIG_GROUP = 'config.projectsveltos.io'
export const VERSION = 'v1beta1'

export const EVENT_SOURCE: KubeType = { apiVersion: `${LIB_GROUP}/${VERSION}`, kind: 'EventSource' }
export const EVENT_TRIGGER: KubeType = {
  apiVersion: `${LIB_GROUP}/${VERSION}`,
  kind: 'EventTrigger',
}
export const CLUSTER: KubeType = { apiVersion: `${LIB_GROUP}/${VERSION}`, kind: 'SveltosCluster' }
export const PROFILE: KubeType = {
  apiVersion: `${CONFIG_GROUP}/${VERSION}`,
  kind: 'ClusterProfile',
}

const PREFIX = `eventtrigger.${LIB_GROUP}`
export const TRIGGER_LABEL: string = `${PREFIX}/eventtriggername`
export const CLUSTER_LABEL: string = `${PREFIX}/clustername`
export const CLUSTER_NAMESPACE_LABEL: string = `${PREFIX}/clusterNamespace`
const CLUSTER_TYPE_LABEL = `${PREFIX}/clustertype`
/** It is for objects rather than events. */
export const RESOURCE_LABEL: string = `${PREFIX}/resource`
const SOURCE_LABEL = `${PREFIX}/cesource`
const SUBJECT_LABEL = `${PREFIX}/cesubject`

export const INSTANTIATE_ANNOTATION = 'projectsveltos.io/instantiate'
export const TEMPLATE_ANNOTATION = 'projectsveltos.io/template'
export const LUA_ANNOTATION = 'projectsveltos.io/lua'
export const REASON_LABEL = 'projectsveltos.io/reason'
export const OWNER_NAME_ANNOTATION = 'projectsveltos.io/owner-name'

/** Holds a profile until what it deployed is withdrawn. */
export const PROFILE_FINALIZER = 'clusterprofile.finalizer.projectsveltos.io'

/** Who applies what is deployed. */
export const FIELD_MANAGER = 'application/apply-patch'

/** What one deployment is for: the same again is an update of it, never a second one. */
export interface Identity {
  readonly trigger: string
  readonly clusterNamespace: string
  readonly clusterName: string
  /** `event`, its source and subject; `resource`, its kind and name; `events` or `resources` for all together. */
  readonly parts: readonly string[]
}

export function profileName({ trigger, clusterNamespace, clusterName, parts }: Identity): string {
  const text = JSON.stringify([trigger, clusterNamespace, clusterName, ...parts])
  return `sveltos-${digest(text).slice(0, 20)}`
}

export function labelsOf(identity: Identity): Readonly<Record<string, string>> {
  const [what, ...rest] = identity.parts
  const isResource = what === 'resource' || what === 'resources'
  const [source, subject] = isResource ? [] : rest
  return {
    [TRIGGER_LABEL]: labelValue(identity.trigger),
    [CLUSTER_LABEL]: labelValue(identity.clusterName),
    [CLUSTER_NAMESPACE_LABEL]: labelValue(identity.clusterNamespace),
    [CLUSTER_TYPE_LABEL]: 'Sveltos',
    ...(isResource ? { [RESOURCE_LABEL]: 'true' } : {}),
    ...(source === undefined ? {} : { [SOURCE_LABEL]: labelValue(source) }),
    ...(subject === undefined ? {} : { [SUBJECT_LABEL]: labelValue(subject) }),
  }
}

const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

/** A text as the value of a label; one that cannot be is named by its digest. */
export function labelValue(text: string): string {
  const value = text.replaceAll('/', '-')
  return LABEL_VALUE.test(value) ? value : `sha256-${digest(text).slice(0, 40)}`
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** `Job default/x`, for people. */
export function describeObject({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string {
  const { namespace, name } = metadata
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`
}
