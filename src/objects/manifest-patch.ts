// Patches laid on manifests before they are applied anywhere: a list of operations, or what is to be merged in. Which
// lists are merged by which keys is known of the kinds that are built in, and of those that hold pods as they do.

import type { Json, Schema } from '../structure/index.ts'
import { applyJsonPatch, applyStrategicPatch, PatchError } from '../patch/index.ts'
import { BUILTIN_TYPES } from './builtin-types.ts'
import { badRequest } from './kube-faults.ts'
import type { KubeObject } from './kube-object.ts'
import { wholeSchema } from './metadata-schema.ts'
import { POD_TEMPLATE } from './pod-schema.ts'
import { apiVersionOf } from './resource-types.ts'
import { objectOf } from './schema-parts.ts'

/** Rejects with `BadRequest` what does not fit the object, or is no patch. */
export function patchManifest(object: KubeObject, patch: Json): KubeObject {
  const value = object as unknown as Json
  try {
    const patched = Array.isArray(patch)
      ? applyJsonPatch(value, patch)
      : applyStrategicPatch(value, patch, wholeSchema(schemaOf(object)))
    return patched as unknown as KubeObject
  } catch (error) {
    if (error instanceof PatchError) throw badRequest(error.message)
    throw error
  }
}

const PORTS: Schema = {
  type: 'array',
  items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['port'],
}
const WITH_PODS = objectOf({ spec: objectOf({ template: POD_TEMPLATE }) })
/** Kinds that are not served here, and that a cluster serves. */
const OTHERS: Readonly<Record<string, Schema>> = {
  'apps/v1 DaemonSet': WITH_PODS,
  'apps/v1 ReplicaSet': WITH_PODS,
  'apps/v1 StatefulSet': WITH_PODS,
  'batch/v1 CronJob': objectOf({ spec: objectOf({ jobTemplate: WITH_PODS }) }),
  'v1 Service': objectOf({ spec: objectOf({ ports: PORTS }) }),
}

/** Of any other kind lists are replaced, as of a custom resource. */
function schemaOf({ apiVersion, kind }: KubeObject): Schema {
  const type = BUILTIN_TYPES.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion)
  return type?.schema ?? OTHERS[`${apiVersion} ${kind}`] ?? { type: 'object' }
}
