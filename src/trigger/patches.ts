// Changes that a trigger lays on what its policies hold before it is applied: `patches`, and those that ConfigMaps and
// Secrets hold (`patchesFrom`).
// https://projectsveltos.github.io/sveltos/main/features/post-renderer-patches/

import { describeError, parseManifest, YamlError } from '../base/index.ts'
import {
  isKubeError,
  type KubeObject,
  parseLabelSelector,
  patchManifest,
} from '../objects/index.ts'
import { matchesLabels } from '../store/index.ts'
import type { Json } from '../structure/index.ts'
import { compileGoExpression } from '../transform/index.ts'
import type { PatchSpec, PatchTarget } from './shapes.ts'
import { TriggerFault } from './trigger-fault.ts'

/** One patch, ready to be laid on objects. */
export interface Patch {
  /** A list of operations, or what is merged in. */
  readonly body: Json
  /** Absent: the object that the patch itself names. */
  readonly target: PatchTarget | undefined
  /** For people: which patch it is. */
  readonly where: string
}

/** Throws a `TriggerFault` for one that is none. `fill` renders its templates. */
export function parsePatch(
  { patch, target }: PatchSpec,
  where: string,
  fill: (text: string) => string,
): Patch {
  const body = readYaml(fill(patch), where)
  const isObject = typeof body === 'object' && body !== null
  if (!isObject) throw new TriggerFault(`${where}: expected a list of operations or an object`)
  if (Array.isArray(body) && target === undefined)
    throw new TriggerFault(`${where}: must specify a target for a patch that is a list`)
  if (target === undefined) {
    const { apiVersion, kind, metadata } = body as unknown as Partial<KubeObject>
    if (apiVersion === undefined || kind === undefined || metadata?.name === undefined)
      throw new TriggerFault(
        `${where}: expected a target, or apiVersion, kind and metadata.name of the object to patch`,
      )
    return { body, target, where }
  }
  const filled = Object.entries(target).map(([name, text]) => [name, fill(String(text))])
  return { body, target: Object.fromEntries(filled) as PatchTarget, where }
}

/** Patches that the values of a ConfigMap or a Secret hold: in each one, or a list. */
export function parsePatches(
  text: string,
  where: string,
  fill: (text: string) => string,
): readonly Patch[] {
  const value = readYaml(text, where)
  return (Array.isArray(value) ? value : [value]).map((one) => {
    const spec = one as Partial<PatchSpec> | null
    if (typeof spec === 'object' && typeof spec?.patch === 'string')
      return parsePatch(spec as PatchSpec, where, fill)
    throw new TriggerFault(`${where}: expected \`patch\` and \`target\``)
  })
}

/** Each patch in its turn, where it is meant. Throws a `TriggerFault` for one that does not fit. */
export function applyPatches(object: KubeObject, patches: readonly Patch[]): KubeObject {
  return patches
    .filter((patch) => isMeant(patch, object))
    .reduce((now, patch) => applyPatch(now, patch), object)
}

function applyPatch(object: KubeObject, { body, where }: Patch): KubeObject {
  const { apiVersion, kind, metadata } = object
  const of = `${where}, laid on ${kind} ${metadata.name}`
  try {
    const patched = patchManifest(object, fitting(object, body))
    const { name, namespace } = patched.metadata ?? {}
    const isSame = patched.apiVersion === apiVersion && patched.kind === kind
    if (isSame && name === metadata.name && namespace === metadata.namespace) return patched
    throw new TriggerFault(`${of}: a patch cannot change which object it is laid on`)
  } catch (error) {
    if (!isKubeError(error, 'BadRequest')) throw error
    throw new TriggerFault(`${of}: ${describeError(error)}`)
  }
}

/** Without what names the object, and without removals of what is not there: neither is asked for. */
function fitting(object: KubeObject, body: Json): Json {
  if (Array.isArray(body))
    return (body as readonly Json[]).filter((one) => {
      const { op, path } = (one ?? {}) as { readonly op?: unknown; readonly path?: unknown }
      return op !== 'remove' || typeof path !== 'string' || hasPath(object, path)
    })
  const { apiVersion: _, kind: __, metadata, ...rest } = body as Readonly<Record<string, Json>>
  if (typeof metadata !== 'object' || metadata === null) return rest
  const { name: ___, namespace: ____, ...others } = metadata as Readonly<Record<string, Json>>
  return { ...rest, metadata: others }
}

function hasPath(object: KubeObject, path: string): boolean {
  let value: unknown = object
  for (const part of path.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return false
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return true
}

function isMeant({ body, target, where }: Patch, object: KubeObject): boolean {
  const { apiVersion, kind, metadata } = object
  if (target === undefined) {
    const named = body as unknown as KubeObject
    const { name, namespace } = named.metadata
    const isThere = namespace === undefined || namespace === (metadata.namespace ?? '')
    const isKind = named.apiVersion === apiVersion && named.kind === kind
    return isKind && isThere && name === metadata.name
  }
  const slash = apiVersion.indexOf('/')
  const group = slash === -1 ? '' : apiVersion.slice(0, slash)
  return (
    matches(target.group, group, where) &&
    matches(target.version, apiVersion.slice(slash + 1), where) &&
    matches(target.kind, kind, where) &&
    matches(target.namespace, metadata.namespace ?? '', where) &&
    matches(target.name, metadata.name, where) &&
    isSelected(target.labelSelector, metadata.labels, where) &&
    isSelected(target.annotationSelector, metadata.annotations, where)
  )
}

/** The whole text. */
function matches(expression = '', text: string, where: string): boolean {
  if (expression === '') return true
  try {
    return compileGoExpression(`^(?:${expression})$`).test(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new TriggerFault(`${where}: ${expression} is no regular expression`)
  }
}

function isSelected(
  selector = '',
  labels: Readonly<Record<string, string>> = {},
  where: string,
): boolean {
  try {
    return selector === '' || matchesLabels(labels, parseLabelSelector(selector))
  } catch (error) {
    if (!isKubeError(error, 'BadRequest')) throw error
    throw new TriggerFault(`${where}: ${describeError(error)}`)
  }
}

function readYaml(text: string, where: string): Json {
  try {
    return parseManifest(text) as Json
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new TriggerFault(`${where}: ${error.message}`)
  }
}
