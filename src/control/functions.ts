// The use cases of functions: those that came as an archive are made, changed and deleted here; those that lie in
// the operator's files are found, invoked and permitted, and changed only there.

import { type Clock, isAppError, type Random } from '../base/index.ts'
import type { IncomingEvent } from '../ingress/index.ts'
import {
  encodeName,
  functionArn,
  type FunctionSettingsSpec,
  type FunctionSpec,
  type LambdaDetails,
  namespaceOf,
  type ResourceOf,
  type Scope,
  type Tags,
} from '../model/index.ts'
import { functionFault } from './function-fault.ts'
import {
  addPermission,
  changeSettings,
  changeTags,
  deleteSettings,
  ensureSettings,
  findSettings,
  type FunctionPermission,
  removePermission,
  type SettingsParts,
  type Statement,
} from './function-settings.ts'
import { type Invocation, invocationEvent } from './invocations.ts'
import { FUNCTIONS_PER_PAGE_MAX } from './limits.ts'
import type { ResourceKey } from './names.ts'
import { type Page, pageOf, type PageRequest } from './page.ts'
import { MODIFIED_ANNOTATION, retryConflicts } from './resources.ts'

export interface FunctionParts extends SettingsParts {
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  /** Functions of every sort, by ARN. */
  readonly directory: FunctionCatalogue
  readonly code: FunctionCode
  /** Whether callers may bring code. */
  readonly mayUpload: boolean
  readonly accept: (events: readonly IncomingEvent[]) => Promise<unknown>
}

export interface FunctionCatalogue {
  find(arn: string): FunctionSpec | undefined
  list(scope: Scope): readonly FunctionSpec[]
  /** Resolves when every change written so far is in it. */
  settled(): Promise<void>
}

/** Where archives are unpacked. */
export interface FunctionCode {
  put(
    scope: Scope,
    name: string,
    archive: Buffer,
  ): Promise<{ readonly directory: string; readonly sha256: string; readonly sizeBytes: number }>
  /** Removes what the function has beside these folders. */
  keep(scope: Scope, name: string, directories: readonly string[]): Promise<void>
}

export interface FunctionConfiguration {
  readonly runtime?: string
  readonly handler?: string
  readonly role?: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutSeconds?: number
  readonly memoryMb?: number
  readonly deadLetterArn?: string
  /** What has no effect here, by its AWS name. */
  readonly kept: Readonly<Record<string, unknown>>
}

export interface NewFunction extends FunctionConfiguration {
  readonly name: string
  readonly archive: Buffer
  readonly tags: Tags
}

export interface FunctionView {
  readonly spec: FunctionSpec
  readonly settings?: FunctionSettingsSpec
  /** Seconds since the epoch; absent for what lies in a file. */
  readonly modifiedAt?: number
  readonly revision: string
}

export interface FunctionUses {
  create(scope: Scope, wanted: NewFunction): Promise<FunctionView>
  get(scope: Scope, name: string): Promise<FunctionView>
  list(scope: Scope, page: PageRequest): Promise<Page<FunctionView>>
  updateCode(scope: Scope, name: string, archive: Buffer): Promise<FunctionView>
  update(scope: Scope, name: string, change: FunctionConfiguration): Promise<FunctionView>
  delete(scope: Scope, name: string): Promise<void>
  addPermission(scope: Scope, name: string, permission: FunctionPermission): Promise<Statement>
  removePermission(scope: Scope, name: string, id: string): Promise<void>
  tag(
    scope: Scope,
    name: string,
    change: { readonly set?: Tags; readonly remove?: readonly string[] },
  ): Promise<void>
  /** Durable when it resolves; the function is invoked later, and again when it fails. */
  invokeLater(scope: Scope, name: string, invocation: Invocation): Promise<void>
}

export function createFunctionUses(parts: FunctionParts): FunctionUses {
  const there = <T>(scope: Scope, name: string, use: () => Promise<T>): Promise<T> => {
    findFunction(parts, scope, name)
    return use()
  }
  return {
    create: (scope, wanted) => createFunction(parts, scope, wanted),
    get: (scope, name) => viewOf(parts, findFunction(parts, scope, name)),
    async list(scope, request) {
      const sorted = parts.directory.list(scope).toSorted((a, b) => (a.name < b.name ? -1 : 1))
      const limit = Math.min(request.limit ?? FUNCTIONS_PER_PAGE_MAX, FUNCTIONS_PER_PAGE_MAX)
      const page = pageOf(sorted, ({ name }) => name, { ...request, limit })
      return { ...page, items: await Promise.all(page.items.map((spec) => viewOf(parts, spec))) }
    },
    updateCode: (scope, name, archive) => updateCode(parts, scope, name, archive),
    update: (scope, name, change) => updateFunction(parts, scope, name, change),
    delete: (scope, name) => deleteFunction(parts, scope, name),
    addPermission: (scope, name, permission) =>
      there(scope, name, () => addPermission(parts, scope, name, permission)),
    removePermission: (scope, name, id) =>
      there(scope, name, () => removePermission(parts, scope, name, id)),
    tag: (scope, name, change) => there(scope, name, () => changeTags(parts, scope, name, change)),
    invokeLater: (scope, name, invocation) =>
      there(scope, name, async () => {
        const settings = await ensureSettings(parts, scope, name)
        await parts.accept([invocationEvent(settings, invocation, parts)])
      }),
  }
}

const CONCURRENCY = 10
const TIMEOUT_SECONDS = 3
const MEMORY_MB = 128

async function createFunction(
  parts: FunctionParts,
  scope: Scope,
  wanted: NewFunction,
): Promise<FunctionView> {
  const { name, archive } = wanted
  if (parts.directory.find(functionArn(scope, name)) !== undefined) throw alreadyThere(name)
  const code = await putCode(parts, scope, name, archive)
  const { account, region } = scope
  const spec = withConfiguration(
    {
      account,
      region,
      name,
      runtime: 'node',
      handler: code.directory,
      timeoutMs: TIMEOUT_SECONDS * 1000,
      memoryMb: MEMORY_MB,
      concurrency: CONCURRENCY,
      lambda: {
        runtime: '',
        handler: '',
        role: '',
        kept: {},
        codeDirectory: code.directory,
        codeSha256: code.sha256,
        codeSizeBytes: code.sizeBytes,
      },
    },
    wanted,
  )
  try {
    const annotations = modified(parts)
    await parts.resources.create('Function', { ...functionKey(scope, name), annotations, spec })
  } catch (error) {
    if (isAppError(error, 'RESOURCE_EXISTS')) throw alreadyThere(name)
    throw error
  }
  await applySettings(parts, scope, wanted)
  await parts.directory.settled()
  return viewOf(parts, findFunction(parts, scope, name))
}

async function applySettings(
  parts: FunctionParts,
  scope: Scope,
  { name, tags, deadLetterArn }: Pick<NewFunction, 'name' | 'deadLetterArn'> & { tags?: Tags },
): Promise<void> {
  if (deadLetterArn === undefined && Object.keys(tags ?? {}).length === 0) return
  await changeSettings(parts, scope, name, ({ deadLetterArn: before, ...rest }) => {
    // An empty one takes it away.
    const after = deadLetterArn ?? before ?? ''
    return {
      ...rest,
      ...(tags === undefined ? {} : { tags }),
      ...(after === '' ? {} : { deadLetterArn: after }),
    }
  })
}

async function updateCode(
  parts: FunctionParts,
  scope: Scope,
  name: string,
  archive: Buffer,
): Promise<FunctionView> {
  const before = findLambda(parts, scope, name)
  const code = await putCode(parts, scope, name, archive)
  await change(parts, scope, name, (spec, details) => ({
    ...spec,
    handler: `${code.directory}/${handlerPath(details)}`,
    lambda: {
      ...details,
      codeDirectory: code.directory,
      codeSha256: code.sha256,
      codeSizeBytes: code.sizeBytes,
    },
  }))
  // What runs may still load files of the code before; what was before that is of no use.
  await parts.code.keep(scope, name, [code.directory, before.lambda.codeDirectory])
  return viewOf(parts, findFunction(parts, scope, name))
}

async function updateFunction(
  parts: FunctionParts,
  scope: Scope,
  name: string,
  changes: FunctionConfiguration,
): Promise<FunctionView> {
  findLambda(parts, scope, name)
  await change(parts, scope, name, (spec) => withConfiguration(spec, changes))
  const { deadLetterArn } = changes
  await applySettings(parts, scope, {
    name,
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
  })
  return viewOf(parts, findFunction(parts, scope, name))
}

async function deleteFunction(parts: FunctionParts, scope: Scope, name: string): Promise<void> {
  findLambda(parts, scope, name)
  await parts.resources.delete('Function', functionKey(scope, name))
  await deleteSettings(parts, scope, name)
  await parts.directory.settled()
  await parts.code.keep(scope, name, [])
}

async function change(
  parts: FunctionParts,
  scope: Scope,
  name: string,
  changeSpec: (spec: FunctionSpec, details: LambdaDetails) => FunctionSpec,
): Promise<void> {
  await retryConflicts(async () => {
    const resource = await parts.resources.get('Function', functionKey(scope, name))
    if (resource?.spec.lambda === undefined) throw notFound(functionArn(scope, name))
    const annotations = { ...resource.metadata.annotations, ...modified(parts) }
    const changed: ResourceOf<'Function'> = {
      ...resource,
      metadata: { ...resource.metadata, annotations },
      spec: changeSpec(resource.spec, resource.spec.lambda),
    }
    await parts.resources.update('Function', changed)
  })
  await parts.directory.settled()
}

function withConfiguration(spec: FunctionSpec, changes: FunctionConfiguration): FunctionSpec {
  const { timeoutSeconds, memoryMb, env, kept } = changes
  const before = spec.lambda!
  const lambda: LambdaDetails = {
    ...before,
    runtime: changes.runtime ?? before.runtime,
    handler: changes.handler ?? before.handler,
    role: changes.role ?? before.role,
    kept: { ...before.kept, ...kept },
  }
  return {
    ...spec,
    runtime: runtimeOf(lambda.runtime),
    handler: `${lambda.codeDirectory}/${handlerPath(lambda)}`,
    lambda,
    ...(env === undefined ? {} : { env }),
    ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
    ...(memoryMb === undefined ? {} : { memoryMb }),
  }
}

function runtimeOf(runtime: string): FunctionSpec['runtime'] {
  if (/^nodejs\d+(?:\.\w+)?$/.test(runtime)) return 'node'
  if (/^python3\.\d+$/.test(runtime)) return 'python'
  throw functionFault(
    'InvalidParameterValueException',
    `expected a runtime that is run here, \`nodejs…\` or \`python3.…\`, got \`${runtime}\``,
  )
}

/** `dir/file.name`, which stays inside the archive; in Python `dir.file.name` says the same. */
function handlerPath({ runtime, handler }: Pick<LambdaDetails, 'runtime' | 'handler'>): string {
  const isInside = handler.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  if (isInside && /^[^\s\\:]+\.[A-Za-z_$][\w$]*$/.test(handler)) {
    return runtimeOf(runtime) === 'python' ? handler.replace(/\.(?=.*\.)/g, '/') : handler
  }
  throw functionFault(
    'InvalidParameterValueException',
    `expected a handler such as \`index.handler\`, got \`${handler}\``,
  )
}

async function putCode(
  parts: FunctionParts,
  scope: Scope,
  name: string,
  archive: Buffer,
): ReturnType<FunctionCode['put']> {
  if (!parts.mayUpload) {
    throw functionFault(
      'AccessDeniedException',
      'functions are not taken from callers; their code would run as the user of this server. Set `functionUploads` to let it',
    )
  }
  try {
    return await parts.code.put(scope, name, archive)
  } catch (error) {
    if (!isAppError(error, 'REQUEST_INVALID')) throw error
    const message = `Could not unzip uploaded file. Please check your file, then try to upload again. (${error.message})`
    throw functionFault('InvalidParameterValueException', message, error)
  }
}

function findFunction(parts: FunctionParts, scope: Scope, name: string): FunctionSpec {
  const spec = parts.directory.find(functionArn(scope, name))
  if (spec === undefined) throw notFound(functionArn(scope, name))
  return spec
}

function findLambda(
  parts: FunctionParts,
  scope: Scope,
  name: string,
): FunctionSpec & { readonly lambda: LambdaDetails } {
  const spec = findFunction(parts, scope, name)
  const { lambda } = spec
  if (lambda !== undefined) return { ...spec, lambda }
  throw functionFault(
    'InvalidParameterValueException',
    `function \`${name}\` is a file of this server, \`${spec.handler}\`, and is changed there`,
  )
}

async function viewOf(parts: FunctionParts, spec: FunctionSpec): Promise<FunctionView> {
  const settings = (await findSettings(parts, spec, spec.name))?.spec
  const common = { spec, ...(settings === undefined ? {} : { settings }) }
  if (spec.lambda === undefined) return { ...common, revision: '1' }
  const resource = await parts.resources.get('Function', functionKey(spec, spec.name))
  const modifiedAt = Number(resource?.metadata.annotations?.[MODIFIED_ANNOTATION] ?? 0)
  return { ...common, modifiedAt, revision: resource?.metadata.resourceVersion ?? '1' }
}

function modified({ clock }: FunctionParts): Readonly<Record<string, string>> {
  return { [MODIFIED_ANNOTATION]: String(Math.floor(clock.now() / 1000)) }
}

function functionKey(scope: Scope, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, name]) }
}

function alreadyThere(name: string): Error {
  return functionFault('ResourceConflictException', `Function already exist: ${name}`)
}

function notFound(arn: string): Error {
  return functionFault('ResourceNotFoundException', `Function not found: ${arn}`)
}
