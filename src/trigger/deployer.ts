// Makes what a profile deploys, and takes it away again. What belongs to another profile, or has become somebody else's,
// is left alone.

import { type Clock, wait } from '../base/index.ts'
import {
  createOnce,
  isKubeError,
  keyOf,
  type KubeClient,
  type KubeKey,
  type KubeObject,
  type KubeType,
} from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { GONE_LOOK_MS, GONE_LOOKS_MAX } from './limits.ts'
import type { Manifest } from './manifests.ts'
import {
  describeObject,
  digest,
  FIELD_MANAGER,
  OWNER_NAME_ANNOTATION,
  PROFILE,
  REASON_LABEL,
} from './names.ts'
import type { DeployedResource } from './shapes.ts'
import { TriggerFault } from './trigger-fault.ts'

/** Whether objects of a kind lie in namespaces; undefined for a kind that is not served. */
export type IsNamespaced = (type: KubeType) => Promise<boolean | undefined> | boolean | undefined

export interface DeployerOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly isNamespaced: IsNamespaced
}

const DEFAULT_NAMESPACE = 'default'
const TIER = '100'
const RIGHTS = 'rbac.authorization.k8s.io/'
/** Waiting ends by itself, soon enough. */
const NEVER = new AbortController().signal

export class Deployer {
  readonly #options: DeployerOptions

  constructor(options: DeployerOptions) {
    this.#options = options
  }

  /**
   * Where an object belongs: kinds of clusters have no namespace, others have `default` when they say none. Rejects with
   * a `TriggerFault` what cannot be made at all.
   */
  async place({ object }: Manifest): Promise<KubeObject> {
    const { apiVersion, kind } = object
    // Whoever may write a template would give away rights that he does not hold.
    if (apiVersion.startsWith(RIGHTS)) {
      throw new TriggerFault(
        `${kind} ${object.metadata.name}: triggers give no rights, ${apiVersion} is refused`,
      )
    }
    const isNamespaced = await this.#options.isNamespaced({ apiVersion, kind })
    if (isNamespaced === undefined) {
      throw new TriggerFault(`no matches for kind "${kind}" in version "${apiVersion}"`)
    }
    const { namespace = '', ...metadata } = object.metadata
    const wanted = namespace === '' ? DEFAULT_NAMESPACE : namespace
    return { ...object, metadata: isNamespaced ? { ...metadata, namespace: wanted } : metadata }
  }

  /** Rejects with a `TriggerFault` or the refusal of the API. */
  async apply(manifest: Manifest, profile: string, isDryRun: boolean): Promise<void> {
    const { client } = this.#options
    const object = await this.place(manifest)
    const { namespace } = object.metadata
    if (namespace !== undefined && manifest.makesNamespace) {
      const key = { apiVersion: 'v1', kind: 'Namespace', name: namespace }
      const isMissing = (await client.get(key)) === undefined
      // Nothing can be tried in a namespace that would only be made.
      if (isMissing && isDryRun) return
      if (isMissing) {
        const { apiVersion, kind, name } = key
        await createOnce(client, { apiVersion, kind, metadata: { name } })
      }
    }
    await this.#checkOwner(object, profile)
    const marked = mark(object, profile)
    const options = { fieldManager: FIELD_MANAGER, force: true, dryRun: isDryRun }
    try {
      await client.patch(keyOf(object), 'apply', marked as unknown as Json, options)
    } catch (error) {
      if (!manifest.force || isDryRun || !isKubeError(error, 'Invalid')) throw error
      await this.#remove(keyOf(object))
      await client.patch(keyOf(object), 'apply', marked as unknown as Json, options)
    }
  }

  /** Only what is still the profile's own. */
  async withdraw(resources: readonly DeployedResource[], profile: string): Promise<void> {
    for (const resource of [...resources].reverse()) {
      const key = keyOfResource(resource)
      const found = await this.#find(key)
      if (ownerOf(found) === profile) await this.#delete(key)
    }
  }

  async #checkOwner(object: KubeObject, profile: string): Promise<void> {
    const { client } = this.#options
    const owner = ownerOf(await client.get(keyOf(object)))
    if (owner === undefined || owner === profile) return
    const other = await client.get({ ...PROFILE, name: owner })
    if (other === undefined || other.metadata.deletionTimestamp !== undefined) return
    throw new TriggerFault(
      `${describeObject(object)} is deployed by ClusterProfile ${owner} already`,
    )
  }

  /** A kind that is not served any more has no objects. */
  async #find(key: KubeKey): Promise<KubeObject | undefined> {
    if ((await this.#options.isNamespaced(key)) === undefined) return undefined
    return this.#options.client.get(key)
  }

  async #remove(key: KubeKey): Promise<void> {
    await this.#delete(key)
    for (let look = 0; look < GONE_LOOKS_MAX; look += 1) {
      if ((await this.#options.client.get(key)) === undefined) return
      await wait(this.#options.clock, GONE_LOOK_MS, NEVER)
    }
    throw new TriggerFault(`${key.kind} ${key.name} is being deleted, which takes too long`)
  }

  async #delete(key: KubeKey): Promise<void> {
    try {
      await this.#options.client.delete(key, { propagationPolicy: 'Background' })
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error
    }
  }
}

function keyOfResource({ apiVersion, kind, namespace, name }: DeployedResource): KubeKey {
  return { apiVersion, kind, namespace, name }
}

function ownerOf(object: KubeObject | undefined): string | undefined {
  return object?.metadata.annotations?.[OWNER_NAME_ANNOTATION]
}

/** With who deployed it, and from what. */
function mark(object: KubeObject, profile: string): KubeObject {
  const { labels, annotations } = object.metadata
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...labels, [REASON_LABEL]: PROFILE.kind },
      annotations: {
        ...annotations,
        'projectsveltos.io/hash': `sha256:${digest(JSON.stringify(object))}`,
        'projectsveltos.io/reference-kind': PROFILE.kind,
        'projectsveltos.io/reference-name': profile,
        'projectsveltos.io/reference-tier': TIER,
        'projectsveltos.io/owner-kind': PROFILE.kind,
        [OWNER_NAME_ANNOTATION]: profile,
        'projectsveltos.io/owner-tier': TIER,
      },
    },
  }
}
