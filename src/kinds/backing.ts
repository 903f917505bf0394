// How what a Kubernetes client wants becomes a call of a use case, and what the use case refuses a refusal of Kubernetes.

import { type AppError, type ErrorCode, isAppError } from '../base/index.ts'
import type { DeclaredUses } from '../control/index.ts'
import type { Kind, ResourceOf } from '../model/index.ts'
import {
  type Backing,
  conflict,
  invalid,
  KubeError,
  type KubeObject,
  type KubeReason,
} from '../objects/index.ts'
import type { FieldFault } from '../structure/index.ts'

export const GROUP = 'signalbox.dev'

export interface Named {
  readonly kind: Kind
  readonly plural: string
}

/** Undefined uses: the kind can only be looked at. */
export function createBacking<K extends Kind>(
  named: Named & { readonly kind: K },
  uses: DeclaredUses<K> | undefined,
  show?: (stored: KubeObject) => KubeObject,
): Backing {
  return {
    rowKind: named.kind,
    ...(show === undefined ? {} : { show }),
    async write({ next, previous }) {
      if (uses === undefined)
        throw new KubeError(
          'MethodNotAllowed',
          `${named.plural}.${GROUP} are made by their own API`,
        )
      try {
        if (previous?.metadata.deletionTimestamp !== undefined) {
          await uses.release(declarationOf(next ?? withoutFinalizers(previous), previous))
          return next
        }
        if (next === undefined || isGoing(next)) {
          await uses.delete(previous as unknown as ResourceOf<K>)
          return next
        }
        return (await uses.put(declarationOf(next, previous))) as unknown as KubeObject
      } catch (error) {
        throw refusal(named, (next ?? previous)!.metadata.name, error)
      }
    },
  }
}

function isGoing({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length > 0
}

function withoutFinalizers(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, finalizers: [] } }
}

function declarationOf<K extends Kind>(
  { metadata, spec }: KubeObject,
  previous: KubeObject | undefined,
): Parameters<DeclaredUses<K>['put']>[0] {
  const { name, namespace, labels, annotations, finalizers, ownerReferences } = metadata
  const { managedFields } = metadata
  return {
    name,
    namespace: namespace!,
    labels,
    annotations,
    finalizers,
    ownerReferences,
    managedFields,
    resourceVersion: previous?.metadata.resourceVersion,
    spec,
  } as unknown as Parameters<DeclaredUses<K>['put']>[0]
}

const REASONS: Partial<Record<ErrorCode, KubeReason>> = {
  RESOURCE_EXISTS: 'AlreadyExists',
  BUS_EXISTS: 'AlreadyExists',
  ACCESS_DENIED: 'Forbidden',
  OVERLOADED: 'TooManyRequests',
}

/** What is not about the object is nobody's refusal. */
function refusal({ kind, plural }: Named, name: string, error: unknown): unknown {
  if (!isAppError(error)) return error
  const type = { group: GROUP, kind, plural }
  if (error.code === 'RESOURCE_CONFLICT') return conflict(type, name, error.message)
  const reason = REASONS[error.code]
  if (reason !== undefined)
    return new KubeError(reason, error.message, { name, group: GROUP, kind: plural })
  const isAboutIt = error.class === 'invalid' || error.class === 'not_found'
  return isAboutIt ? invalid(type, name, faultsOf(error)) : error
}

function faultsOf(error: AppError): readonly FieldFault[] {
  const { faults, path } = error.details
  if (Array.isArray(faults)) {
    return (faults as readonly { path: string; message: string }[]).map((one) => ({
      type: 'FieldValueInvalid',
      field: one.path,
      message: `Invalid value: ${one.message}`,
    }))
  }
  const isPattern = error.code === 'PATTERN_INVALID'
  const field = typeof path === 'string' ? path : isPattern ? 'spec.pattern' : 'spec'
  return [{ type: 'FieldValueInvalid', field, message: `Invalid value: ${error.message}` }]
}
