// The use cases of brokers and sources. Those of the configuration file are resources like any other, but only the
// file changes them: what it no longer has goes at the next start.

import { AppError, isAppError } from '../base/index.ts'
import type { ResourceOf, SourceCondition, SourceStatus, SpecByKind } from '../model/index.ts'
import { checkKey, type DeclaredUses, releaseMarked } from './declared.ts'
import {
  type ControlParts,
  type Declaration,
  declaredMetadata,
  listAll,
  modifiedNow,
  retryConflicts,
  withOwned,
  withSpec,
} from './resources.ts'

export type ConnectorKind = 'Broker' | 'Source'

/** Brokers and sources are the server's, whatever account their events go to. */
const NAMESPACE = 'default'
const DECLARED_ANNOTATION = 'signalbox.dev/declared-in'
const DECLARED = 'configuration'

export interface ConnectorUses {
  list<K extends ConnectorKind>(kind: K): Promise<readonly ResourceOf<K>[]>
  /** Made, or changed to this. */
  put<K extends ConnectorKind>(kind: K, spec: SpecByKind[K]): Promise<ResourceOf<K>>
  delete(kind: ConnectorKind, name: string): Promise<void>
  /** One declared whole, the way of Kubernetes. */
  declared<K extends ConnectorKind>(kind: K): DeclaredUses<K>
  /** What the configuration file says; all else that it said before goes. */
  declare<K extends ConnectorKind>(kind: K, specs: readonly SpecByKind[K][]): Promise<void>
  /** Writes down whether a source reads. */
  setCondition(source: ResourceOf<'Source'>, condition: NewCondition): Promise<void>
}

export type NewCondition = Pick<SourceCondition, 'status' | 'reason' | 'message'>

type Parts = Pick<ControlParts, 'resources' | 'clock'>

export function createConnectorUses(parts: Parts): ConnectorUses {
  const list = <K extends ConnectorKind>(kind: K): Promise<readonly ResourceOf<K>[]> =>
    listAll(parts.resources, kind, { namespace: NAMESPACE, namePrefix: '' })
  return {
    list,
    put: (kind, spec) => put(parts, kind, { spec, isDeclared: false }),
    delete: (kind, name) => remove(parts, kind, name),
    declared: (kind) => ({
      put: (declaration) => putDeclared(parts, kind, declaration),
      delete: ({ metadata: { name } }) => remove(parts, kind, name),
      release: (declaration) => releaseMarked(parts, kind, declaration),
    }),
    async declare(kind, specs) {
      const names = new Set(specs.map(({ name }) => name))
      for (const { metadata } of await list(kind)) {
        if (!isDeclared(metadata) || names.has(metadata.name)) continue
        await parts.resources.delete(kind, { namespace: NAMESPACE, name: metadata.name })
      }
      for (const spec of specs) await put(parts, kind, { spec, isDeclared: true })
    },
    setCondition: (source, condition) => setCondition(parts, source, condition),
  }
}

async function put<K extends ConnectorKind>(
  parts: Parts,
  kind: K,
  { spec, isDeclared: byFile }: { readonly spec: SpecByKind[K]; readonly isDeclared: boolean },
): Promise<ResourceOf<K>> {
  const key = { namespace: NAMESPACE, name: spec.name }
  const annotations = {
    ...modifiedNow(parts),
    ...(byFile ? { [DECLARED_ANNOTATION]: DECLARED } : {}),
  }
  return retryConflicts(async () => {
    const stored = await parts.resources.get(kind, key)
    if (stored === undefined) return parts.resources.create(kind, { ...key, annotations, spec })
    if (!byFile) refuseDeclared(kind, stored)
    const changed = withSpec(parts, stored, spec)
    const metadata = {
      ...changed.metadata,
      annotations: { ...changed.metadata.annotations, ...annotations },
    }
    return parts.resources.update(kind, { ...changed, metadata })
  })
}

async function putDeclared<K extends ConnectorKind>(
  parts: Parts,
  kind: K,
  declaration: Declaration<K>,
): Promise<ResourceOf<K>> {
  const { spec } = declaration
  const key = { namespace: NAMESPACE, name: spec.name }
  checkKey(declaration, key)
  const stored = await parts.resources.get(kind, key)
  if (stored !== undefined) refuseDeclared(kind, stored)
  const owned = declaredMetadata(declaration, stored)
  if (stored !== undefined)
    return parts.resources.update(kind, withSpec(parts, withOwned(stored, owned), spec))
  const annotations = { ...owned.annotations, ...modifiedNow(parts) }
  return parts.resources.create(kind, { ...key, ...owned, annotations, spec })
}

async function remove(parts: Parts, kind: ConnectorKind, name: string): Promise<void> {
  const key = { namespace: NAMESPACE, name }
  const stored = await parts.resources.get(kind, key)
  if (stored === undefined) {
    throw new AppError('RESOURCE_NOT_FOUND', `${kind.toLowerCase()} \`${name}\` does not exist`)
  }
  refuseDeclared(kind, stored)
  await parts.resources.delete(kind, key)
}

function refuseDeclared(kind: ConnectorKind, { metadata }: ResourceOf<ConnectorKind>): void {
  if (!isDeclared(metadata)) return
  throw new AppError(
    'RESOURCE_CONFLICT',
    `${kind.toLowerCase()} \`${metadata.name}\` is declared in the configuration file, change it there`,
  )
}

function isDeclared({ annotations }: ResourceOf<ConnectorKind>['metadata']): boolean {
  return annotations?.[DECLARED_ANNOTATION] === DECLARED
}

async function setCondition(
  { resources, clock }: Parts,
  { metadata: { namespace, name, uid } }: ResourceOf<'Source'>,
  { status, reason, message }: NewCondition,
): Promise<void> {
  try {
    await retryConflicts(async () => {
      const stored = await resources.get('Source', { namespace, name })
      if (stored?.metadata.uid !== uid) return
      const condition: SourceCondition = {
        type: 'Connected',
        status,
        reason,
        message,
        lastTransitionTime: new Date(clock.now()).toISOString(),
        observedGeneration: stored.metadata.generation,
      }
      const written: SourceStatus = { conditions: [condition] }
      await resources.updateStatus('Source', { ...stored, status: written })
    })
  } catch (error) {
    if (!isAppError(error, 'RESOURCE_NOT_FOUND')) throw error
  }
}
