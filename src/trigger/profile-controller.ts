// Brings profiles into agreement: makes their manifests once, applies them, takes away what is not among them any more,
// and, when a profile is to go, everything.
//
//   stored ──made──► Provisioning ──applied──► Provisioned ──another event──► Provisioning …
//     └──────────── a fault ────────────► Failed ──looked at again──► …
//
// Invariant: what was applied, or is about to be, stands in the status before it is: nothing is forgotten.
// Invariant: manifests from templates are made once for an occasion; after a crash the same are applied.

import { isDeepStrictEqual } from 'node:util'
import { type Clock, describeError, type Logger, type Random } from '../base/index.ts'
import { Controller, isKubeError, type KubeClient, type KubeObject } from '../objects/index.ts'
import { Deployer, type IsNamespaced } from './deployer.ts'
import { DRIFT_LOOK_MS, FAILED_LOOK_MS, MANIFESTS_LENGTH_MAX, RETRY_MS } from './limits.ts'
import { type Made, makeManifests, type Manifest } from './manifests.ts'
import { describeObject, digest, EVENT_TRIGGER, PROFILE, PROFILE_FINALIZER } from './names.ts'
import { occasionHash } from './occasion.ts'
import {
  type DeployedResource,
  type ProfileStatus,
  profileSpecOf,
  profileStatusOf,
} from './shapes.ts'
import { Teller } from './teller.ts'
import { TriggerFault } from './trigger-fault.ts'

export interface ProfileControllerOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly isNamespaced: IsNamespaced
}

const WORKERS = 4

/** Names that one saying holds. */
const TOLD_MAX = 10

interface Applying {
  readonly manifests: readonly Manifest[]
  /** In the order of the manifests. */
  readonly resources: DeployedResource[]
  /** What is to go. */
  readonly old: readonly DeployedResource[]
  readonly isDryRun: boolean
}

export class ProfileController {
  readonly #options: ProfileControllerOptions
  readonly #controller: Controller
  readonly #deployer: Deployer
  readonly #teller: Teller
  /** Monotonic; what is written of a failure is told like any other change, and must not be looked at at once. */
  readonly #failedAt = new Map<string, number>()

  constructor(options: ProfileControllerOptions) {
    this.#options = options
    this.#deployer = new Deployer(options)
    this.#teller = new Teller(options)
    this.#controller = new Controller({
      ...options,
      name: 'profile-controller',
      type: PROFILE,
      related: [
        ...['ConfigMap', 'Secret'].map((kind) => ({
          type: { apiVersion: 'v1', kind },
          concerns: (object: KubeObject, all: readonly KubeObject[]) =>
            all.filter((profile) => isAbout(profile, object)).map(nameOf),
        })),
        {
          type: EVENT_TRIGGER,
          concerns: (trigger, all) =>
            all
              .filter(
                (profile) =>
                  triggerName(profile) === trigger.metadata.name && isUnfinished(profile),
              )
              .map(nameOf),
        },
      ],
      reconcile: ({ name }, told) => this.#reconcile(name, told),
      workers: WORKERS,
    })
  }

  start(): Promise<void> {
    return this.#controller.start()
  }

  close(): Promise<void> {
    return this.#controller.close()
  }

  async #reconcile(name: string, told: KubeObject | undefined): Promise<number | undefined> {
    // What a watch tells lags behind what this very loop wrote.
    const profile =
      told === undefined ? undefined : await this.#options.client.get({ ...PROFILE, name })
    if (profile === undefined) {
      this.#failedAt.delete(name)
      return undefined
    }
    if (profile.metadata.deletionTimestamp !== undefined) return this.#letGo(profile)
    const trigger = await this.#triggerOf(profile)
    if (trigger === undefined) return undefined
    const restMs = this.#restMs(name)
    if (restMs > 0 && isUnfinished(profile)) return restMs
    try {
      const againMs = await this.#deploy(profile, trigger)
      this.#failedAt.delete(name)
      return againMs
    } catch (error) {
      if (isKubeError(error, 'Conflict') || !isOrdinary(error)) throw error
      this.#failedAt.set(name, this.#options.clock.monotonic())
      await this.#fail(name, trigger, describeError(error))
      return FAILED_LOOK_MS
    }
  }

  #restMs(name: string): number {
    const failedAt = this.#failedAt.get(name) ?? -Infinity
    return failedAt + RETRY_MS - this.#options.clock.monotonic()
  }

  async #letGo(profile: KubeObject): Promise<undefined> {
    const { client } = this.#options
    const { finalizers = [], name } = profile.metadata
    if (!finalizers.includes(PROFILE_FINALIZER)) return undefined
    const { resources = [] } = profileStatusOf(profile)
    const isKept = profileSpecOf(profile).stopMatchingBehavior === 'LeavePolicies'
    if (!isKept) await this.#deployer.withdraw(resources, name)
    const kept = finalizers.filter((finalizer) => finalizer !== PROFILE_FINALIZER)
    await client.update({ ...profile, metadata: { ...profile.metadata, finalizers: kept } })
    return undefined
  }

  async #triggerOf(profile: KubeObject): Promise<KubeObject | undefined> {
    const name = triggerName(profile)
    return name === undefined ? undefined : this.#options.client.get({ ...EVENT_TRIGGER, name })
  }

  async #deploy(profile: KubeObject, trigger: KubeObject): Promise<number | undefined> {
    const spec = profileSpecOf(profile)
    const before = profileStatusOf(profile)
    const hash = occasionHash(spec)
    const again = spec.syncMode === 'ContinuousWithDriftDetection' ? DRIFT_LOOK_MS : undefined
    const isDone = before.phase === 'Provisioned' && before.hash === hash
    const isLive = (before.policies ?? []).length > 0 || again !== undefined
    if (isDone && (spec.syncMode === 'OneTime' || !isLive)) return undefined
    const made = await this.#manifestsOf(profile, trigger, hash)
    const wanted: KubeObject[] = []
    for (const manifest of made.manifests) wanted.push(await this.#deployer.place(manifest))
    const known = before.resources ?? []
    const resources = wanted.map((object) => resourceOf(object, known))
    const old = known.filter((one) => !resources.some((other) => isSame(one, other)))
    const kept = { ...keptOf(made), hash }
    // What failed, and what is done, stays so until it is not: only what is about to be applied is written.
    const isAgain = isDone || (before.phase === 'Failed' && before.hash === hash)
    const phase = (isAgain ? before.phase : undefined) ?? ('Provisioning' as const)
    const message = isAgain && before.message !== undefined ? { message: before.message } : {}
    const begun = { ...kept, ...message, phase, resources: [...old, ...resources] }
    const started = await this.#setStatus(profile, begun)
    const isDryRun = spec.syncMode === 'DryRun'
    const current = await this.#applyAll(started, {
      manifests: made.manifests,
      resources,
      old,
      isDryRun,
    })
    await this.#deployer.withdraw(old, profile.metadata.name)
    const left = isDryRun ? [] : resources
    await this.#setStatus(current, { ...kept, phase: 'Provisioned', resources: left })
    if (!isDone) await this.#tell(trigger, resources)
    return again
  }

  /** Applies one after the other; what was applied is marked in `resources`, and of jobs written at once. */
  async #applyAll(
    profile: KubeObject,
    { manifests, resources, old, isDryRun }: Applying,
  ): Promise<KubeObject> {
    let current = profile
    for (const [index, manifest] of manifests.entries()) {
      const resource = resources[index]!
      // A job that ran is not run again for the same manifest, also when it was tidied away.
      if (resource.kind === 'Job' && resource.isDeployed === true) continue
      await this.#deployer.apply(manifest, profile.metadata.name, isDryRun)
      resources[index] = { ...resource, isDeployed: !isDryRun }
      // After the last one the whole status is written anyway.
      if (resource.kind !== 'Job' || isDryRun || index === manifests.length - 1) continue
      const status = { ...profileStatusOf(current), resources: [...old, ...resources] }
      current = await this.#setStatus(current, status)
    }
    return current
  }

  async #tell(trigger: KubeObject, resources: readonly DeployedResource[]): Promise<void> {
    const names = resources
      .slice(0, TOLD_MAX)
      .map((one) => describeObject({ kind: one.kind, metadata: one }))
    const message = `deployed ${names.length === 0 ? 'nothing' : names.join(', ')}`
    await this.#teller.tell(trigger, { type: 'Normal', reason: 'Deployed', message })
  }

  /** Those that were made before a crash; what failed is made anew, because somebody may have mended its template. */
  async #manifestsOf(profile: KubeObject, trigger: KubeObject, hash: string): Promise<Made> {
    const status = profileStatusOf(profile)
    const { policies = [], manifests, phase } = status
    const isUnderWay = phase === 'Provisioning' && status.hash === hash && policies.length === 0
    if (isUnderWay && manifests !== undefined) {
      return { manifests: JSON.parse(manifests) as Manifest[], policies, mayBeKept: true }
    }
    const spec = profileSpecOf(profile)
    const [reference] = spec.clusterRefs
    if (reference === undefined) throw new TriggerFault('it names no cluster')
    const cluster = await this.#options.client.get(reference)
    if (cluster === undefined) {
      throw new TriggerFault(
        `SveltosCluster ${reference.namespace}/${reference.name} does not exist`,
      )
    }
    return makeManifests({ client: this.#options.client, trigger, cluster, occasion: spec })
  }

  async #fail(name: string, trigger: KubeObject, message: string): Promise<void> {
    const { client } = this.#options
    const profile = await client.get({ ...PROFILE, name })
    if (profile === undefined) return
    const before = profileStatusOf(profile)
    const next = {
      ...before,
      hash: occasionHash(profileSpecOf(profile)),
      phase: 'Failed' as const,
      message,
    }
    // Manifests of another occasion are not this one's.
    if (before.hash !== next.hash) delete next.manifests
    if (before.phase === 'Failed' && before.message === message && before.hash === next.hash) return
    await this.#setStatus(profile, next)
    await this.#teller.tell(trigger, { type: 'Warning', reason: 'DeployFailed', message })
  }

  async #setStatus(profile: KubeObject, status: ProfileStatus): Promise<KubeObject> {
    if (isDeepStrictEqual(profile['status'], status)) return profile
    return this.#options.client.update({ ...profile, status }, { subresource: 'status' })
  }
}

/** What the status keeps of what was made. */
function keptOf({
  manifests,
  policies,
  mayBeKept,
}: Made): Pick<ProfileStatus, 'manifests' | 'policies'> {
  const text = JSON.stringify(manifests)
  const isKept = mayBeKept && policies.length === 0 && text.length <= MANIFESTS_LENGTH_MAX
  return { policies, ...(isKept ? { manifests: text } : {}) }
}

/** Whether it was applied already is known by its manifest's hash. */
function resourceOf(object: KubeObject, known: readonly DeployedResource[]): DeployedResource {
  const { apiVersion, kind, metadata } = object
  const { namespace, name } = metadata
  const hash = digest(JSON.stringify(object))
  const resource = {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    hash,
  }
  const before = known.find((one) => isSame(one, resource))
  const isDeployed = before?.hash === hash && before.isDeployed === true
  return isDeployed ? { ...resource, isDeployed } : resource
}

function isSame(a: DeployedResource, b: DeployedResource): boolean {
  return (
    a.apiVersion === b.apiVersion &&
    a.kind === b.kind &&
    a.namespace === b.namespace &&
    a.name === b.name
  )
}

/** Refusals of the API and faults of the trigger; what else is thrown is nobody's fault here. */
function isOrdinary(error: unknown): boolean {
  return error instanceof TriggerFault || isKubeError(error)
}

/** One that failed may do better now; one that deploys the policy as it is deploys it anew. */
function isAbout(profile: KubeObject, policy: KubeObject): boolean {
  const { policies = [] } = profileStatusOf(profile)
  const { namespace = '', name } = policy.metadata
  const isNamed = policies.some(
    (one) => one.kind === policy.kind && one.namespace === namespace && one.name === name,
  )
  return isNamed || isUnfinished(profile)
}

function isUnfinished(profile: KubeObject): boolean {
  return profileStatusOf(profile).phase === 'Failed'
}

/** Its owner: a label may only hold a digest of the name. */
function triggerName(profile: KubeObject): string | undefined {
  const owners = profile.metadata.ownerReferences ?? []
  return owners.find(({ kind }) => kind === EVENT_TRIGGER.kind)?.name
}

function nameOf({ metadata }: KubeObject): {
  readonly namespace: undefined
  readonly name: string
} {
  return { namespace: undefined, name: metadata.name }
}
