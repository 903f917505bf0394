// The use cases of pipes: made, changed and deleted as resources, and running (or stopping) when the call resolves.

import { isAppError } from '../base/index.ts'
import {
  encodeName,
  isTargetAddress,
  namespaceOf,
  parseArn,
  pipeArn,
  type PipeEnrichmentParameters,
  type PipeLogConfiguration,
  type PipeSourceParameters,
  type PipeSpec,
  type PipeTargetParameters,
  type ResourceOf,
  type Scope,
  type Tags,
  TARGET_ADDRESS_FORMS,
} from '../model/index.ts'
import { type Pipes, type PipeStatus, planPipe } from '../pipe/index.ts'
import { fault } from './faults.ts'
import type { ResourceKey } from './names.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import {
  type ControlParts,
  listAll,
  MODIFIED_ANNOTATION,
  modifiedNow,
  retryConflicts,
  withSpec,
} from './resources.ts'
import { checkTags } from './tag-set.ts'

export type { PipeStatus } from '../pipe/index.ts'

export interface PipeView {
  readonly arn: string
  readonly spec: PipeSpec
  readonly status: PipeStatus
  /** Seconds since the epoch. */
  readonly createdAt: number
  readonly modifiedAt: number
}

/** What a pipe is changed to; what is absent stays, and an empty text takes away. */
export interface PipeChange {
  readonly description?: string | undefined
  readonly state?: PipeSpec['state'] | undefined
  readonly sourceParameters?: PipeSourceParameters | undefined
  readonly enrichment?: string | undefined
  readonly enrichmentParameters?: PipeEnrichmentParameters | undefined
  readonly target?: string | undefined
  readonly targetParameters?: PipeTargetParameters | undefined
  readonly roleArn: string
  readonly logConfiguration?: PipeLogConfiguration | undefined
  readonly kmsKeyIdentifier?: string | undefined
}

export interface NewPipe extends PipeChange {
  readonly name: string
  readonly source: string
  readonly target: string
  readonly tags?: Tags | undefined
}

export interface PipeFilter extends PageRequest {
  readonly namePrefix?: string | undefined
  readonly sourcePrefix?: string | undefined
  readonly targetPrefix?: string | undefined
  readonly desiredState?: string | undefined
  readonly currentState?: string | undefined
}

export interface PipeUses {
  create(scope: Scope, pipe: NewPipe): Promise<PipeView>
  get(scope: Scope, name: string): Promise<PipeView>
  list(scope: Scope, filter: PipeFilter): Promise<Page<PipeView>>
  /** Of all accounts and regions. */
  listEverywhere(): Promise<readonly PipeView[]>
  update(scope: Scope, name: string, change: PipeChange): Promise<PipeView>
  setState(scope: Scope, name: string, state: PipeSpec['state']): Promise<PipeView>
  /** The pipe as it was. */
  delete(scope: Scope, name: string): Promise<PipeView>
  tags(scope: Scope, arn: string): Promise<Tags>
  changeTags(scope: Scope, arn: string, change: (tags: Tags) => Tags): Promise<void>
}

export interface PipeUsesOptions extends Pick<ControlParts, 'resources' | 'clock'> {
  readonly pipes: Pipes
  /** Resolves when the pipe room has heard of every write made before. */
  readonly settled: () => Promise<void>
}

export function createPipeUses(options: PipeUsesOptions): PipeUses {
  const view = (resource: ResourceOf<'Pipe'>): PipeView => toView(options, resource)
  const change = async (
    scope: Scope,
    name: string,
    how: (spec: PipeSpec) => PipeSpec,
  ): Promise<PipeView> => view(await changePipe(options, scope, name, how))
  return {
    create: async (scope, pipe) => view(await createPipe(options, scope, pipe)),
    get: async (scope, name) => view(await findPipe(options, scope, name)),
    list: async (scope, filter) => {
      const query = {
        namespace: namespaceOf(scope.account),
        namePrefix: encodeName([scope.region, '']),
      }
      const pipes = (await listAll(options.resources, 'Pipe', query)).map(view)
      return pageOf(pipes.filter(isIn(filter)).sort(byName), ({ spec }) => spec.name, filter)
    },
    listEverywhere: async () => options.pipes.resources().map(view),
    update: (scope, name, wanted) => change(scope, name, (spec) => changed(options, spec, wanted)),
    setState: (scope, name, state) => change(scope, name, (spec) => ({ ...spec, state })),
    async delete(scope, name) {
      const resource = await findPipe(options, scope, name)
      await options.resources.delete('Pipe', pipeKeyOf(scope, name))
      await options.settled()
      return view(resource)
    },
    tags: async (scope, arn) =>
      (await findPipe(options, scope, pipeNameOf(scope, arn))).spec.tags ?? {},
    async changeTags(scope, arn, how) {
      await change(scope, pipeNameOf(scope, arn), (spec) => {
        const tags = how(spec.tags ?? {})
        checkTags(tags, arn)
        return { ...spec, tags }
      })
    },
  }
}

async function createPipe(
  options: PipeUsesOptions,
  scope: Scope,
  { name, source, target, tags, ...rest }: NewPipe,
): Promise<ResourceOf<'Pipe'>> {
  if (tags !== undefined) checkTags(tags, name)
  const base: PipeSpec = {
    account: scope.account,
    region: scope.region,
    name,
    state: 'RUNNING',
    source,
    target,
    roleArn: rest.roleArn,
    ...(tags === undefined ? {} : { tags }),
  }
  const draft = {
    ...pipeKeyOf(scope, name),
    annotations: modifiedNow(options),
    spec: changed(options, base, rest),
  }
  let resource: ResourceOf<'Pipe'>
  try {
    resource = await options.resources.create('Pipe', draft)
  } catch (error) {
    if (isAppError(error, 'RESOURCE_EXISTS')) throw fault('pipe-exists', { pipe: name })
    throw error
  }
  await options.settled()
  return resource
}

async function changePipe(
  options: PipeUsesOptions,
  scope: Scope,
  name: string,
  how: (spec: PipeSpec) => PipeSpec,
): Promise<ResourceOf<'Pipe'>> {
  const resource = await retryConflicts(async () => {
    const stored = await findPipe(options, scope, name)
    return options.resources.update('Pipe', withSpec(options, stored, how(stored.spec)))
  })
  await options.settled()
  return resource
}

async function findPipe(
  { resources }: PipeUsesOptions,
  scope: Scope,
  name: string,
): Promise<ResourceOf<'Pipe'>> {
  const resource = await resources.get('Pipe', pipeKeyOf(scope, name))
  if (resource === undefined) throw fault('pipe-not-found', { pipe: name })
  return resource
}

/** The spec with a change, which must be one that can run. */
function changed(options: PipeUsesOptions, spec: PipeSpec, change: PipeChange): PipeSpec {
  const after = withoutEmpty({
    ...spec,
    description: change.description ?? spec.description,
    state: change.state ?? spec.state,
    enrichment: change.enrichment ?? spec.enrichment,
    target: change.target ?? spec.target,
    roleArn: change.roleArn,
    logConfiguration: change.logConfiguration ?? spec.logConfiguration,
    kmsKeyIdentifier: change.kmsKeyIdentifier ?? spec.kmsKeyIdentifier,
    sourceParameters: merged(spec.sourceParameters, change.sourceParameters),
    enrichmentParameters: merged(spec.enrichmentParameters, change.enrichmentParameters),
    targetParameters: merged(spec.targetParameters, change.targetParameters),
  })
  if (!options.pipes.canRead(after.source)) {
    throw fault('pipe-source-unknown', { source: after.source })
  }
  if (BROKER_ADDRESS.test(after.target) && !isTargetAddress(after.target)) {
    throw fault('pipe-target-invalid', { target: after.target, forms: TARGET_ADDRESS_FORMS })
  }
  planPipe(after, '')
  return after
}

const BROKER_ADDRESS = /^(?:kafka|nats):/

/**
 * Members that are given replace theirs as a whole, the others stay.
 * https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_UpdatePipe.html
 */
function merged<P extends object>(before: P | undefined, given: P | undefined): P | undefined {
  if (given === undefined) return before
  const all = Object.entries({ ...before, ...given })
  return Object.fromEntries(all.filter(([, value]) => value !== '')) as P
}

/** The members that say something. */
function withoutEmpty(spec: { [K in keyof PipeSpec]: PipeSpec[K] | undefined }): PipeSpec {
  const said = Object.entries(spec).filter(([, value]) => value !== undefined && value !== '')
  // What every pipe must have was checked not to be empty by whoever called.
  return Object.fromEntries(said) as unknown as PipeSpec
}

function toView({ pipes }: PipeUsesOptions, resource: ResourceOf<'Pipe'>): PipeView {
  const { spec, metadata } = resource
  const createdAt = Math.floor(Date.parse(metadata.creationTimestamp) / 1000)
  const modified = metadata.annotations?.[MODIFIED_ANNOTATION]
  return {
    arn: pipeArn(spec, spec.name),
    spec,
    status: pipes.status(resource),
    createdAt,
    modifiedAt: modified === undefined ? createdAt : Number(modified),
  }
}

function isIn(filter: PipeFilter): (view: PipeView) => boolean {
  const { namePrefix = '', sourcePrefix = '', targetPrefix = '' } = filter
  const { desiredState, currentState } = filter
  return ({ spec, status }) =>
    spec.name.startsWith(namePrefix) &&
    spec.source.startsWith(sourcePrefix) &&
    spec.target.startsWith(targetPrefix) &&
    (desiredState === undefined || spec.state === desiredState) &&
    (currentState === undefined || status.state === currentState)
}

function byName(one: PipeView, other: PipeView): number {
  return one.spec.name < other.spec.name ? -1 : 1
}

function pipeKeyOf(scope: Scope, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, name]) }
}

function pipeNameOf(scope: Scope, text: string): string {
  const arn = parseArn(text)
  const isOwn =
    arn?.service === 'pipes' && arn.account === scope.account && arn.region === scope.region
  if (!isOwn || !arn.resource.startsWith('pipe/')) throw fault('pipe-not-found', { pipe: text })
  return arn.resource.slice('pipe/'.length)
}
