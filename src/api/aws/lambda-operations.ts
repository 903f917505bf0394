// The operations of Lambda on functions of this server: made from a zip, found, changed, deleted, permitted, invoked.
// Service model: reference tables of lambda, API version 2015-03-31.

import type { FunctionConfiguration, FunctionUses } from '../../control/index.ts'
import type { Tags } from '../../model/index.ts'
import { awsFault } from './faults.ts'
import { encodeFunction } from './lambda-function.ts'
import { invokeOperation, type InvokeFunction } from './lambda-invoke.ts'
import { functionName } from './lambda-name.ts'
import { type AwsOperation, operation } from './operation.ts'

export interface LambdaOperationsOptions {
  readonly functions: FunctionUses
  readonly invoke: InvokeFunction
}

interface FunctionInput {
  readonly FunctionName: string
  readonly Qualifier?: string
}

interface CodeInput {
  readonly ZipFile?: string
  readonly S3Bucket?: string
  readonly ImageUri?: string
}

interface ConfigurationInput {
  readonly Runtime?: string
  readonly Handler?: string
  readonly Role?: string
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> }
  readonly Timeout?: number
  readonly MemorySize?: number
  readonly DeadLetterConfig?: { readonly TargetArn?: string }
}

interface CreateInput extends ConfigurationInput {
  readonly FunctionName: string
  readonly Code: CodeInput
  readonly Tags?: Tags
}

interface PermissionInput extends FunctionInput {
  readonly StatementId: string
  readonly Action: string
  readonly Principal: string
  readonly SourceArn?: string
  readonly SourceAccount?: string
  readonly PrincipalOrgID?: string
}

export function lambdaOperations(options: LambdaOperationsOptions): readonly AwsOperation[] {
  const { functions } = options
  return [
    ...lifeOperations(functions),
    ...readOperations(functions),
    ...permissionOperations(functions),
    ...tagOperations(functions),
    invokeOperation(functions, options.invoke),
  ]
}

function lifeOperations(functions: FunctionUses): readonly AwsOperation[] {
  return [
    operation<CreateInput>('lambda', 'CreateFunction', async (input, context) => {
      const { name } = functionName(input.FunctionName, context)
      const view = await functions.create(context, {
        name,
        archive: archiveOf(input.Code),
        tags: input.Tags ?? {},
        ...decodeConfiguration(input),
      })
      return encodeFunction(view)
    }),
    operation<FunctionInput & CodeInput & { readonly DryRun?: boolean }>(
      'lambda',
      'UpdateFunctionCode',
      async (input, context) => {
        const { scope, name } = functionName(input.FunctionName, context)
        const archive = archiveOf(input)
        if (input.DryRun === true) return encodeFunction(await functions.get(scope, name))
        return encodeFunction(await functions.updateCode(scope, name, archive))
      },
    ),
    operation<FunctionInput & ConfigurationInput>(
      'lambda',
      'UpdateFunctionConfiguration',
      async (input, context) => {
        const { scope, name } = functionName(input.FunctionName, context)
        return encodeFunction(await functions.update(scope, name, decodeConfiguration(input)))
      },
    ),
    operation<FunctionInput>('lambda', 'DeleteFunction', async (input, context) => {
      const { scope, name } = functionName(input.FunctionName, context)
      await functions.delete(scope, name)
      return { StatusCode: 204 }
    }),
  ]
}

function readOperations(functions: FunctionUses): readonly AwsOperation[] {
  return [
    operation<FunctionInput>('lambda', 'GetFunction', async (input, context) => {
      const { scope, name } = functionName(input.FunctionName, context, input.Qualifier)
      const view = await functions.get(scope, name)
      return {
        Configuration: encodeFunction(view),
        Code: { RepositoryType: 'S3' },
        Tags: view.settings?.tags,
      }
    }),
    operation<FunctionInput>('lambda', 'GetFunctionConfiguration', async (input, context) => {
      const { scope, name } = functionName(input.FunctionName, context, input.Qualifier)
      return encodeFunction(await functions.get(scope, name))
    }),
    operation<FunctionInput>('lambda', 'GetFunctionCodeSigningConfig', async (input, context) => {
      const { scope, name } = functionName(input.FunctionName, context)
      await functions.get(scope, name)
      return { CodeSigningConfigArn: '', FunctionName: name }
    }),
    operation<{ readonly Marker?: string; readonly MaxItems?: number }>(
      'lambda',
      'ListFunctions',
      async (input, context) => {
        const page = await functions.list(context, { limit: input.MaxItems, token: input.Marker })
        return { Functions: page.items.map(encodeFunction), NextMarker: page.nextToken }
      },
    ),
    operation<FunctionInput>('lambda', 'ListVersionsByFunction', async (input, context) => {
      const { scope, name } = functionName(input.FunctionName, context)
      const latest = encodeFunction(await functions.get(scope, name))
      return { Versions: [{ ...latest, FunctionArn: `${latest.FunctionArn}:$LATEST` }] }
    }),
  ]
}

function permissionOperations(functions: FunctionUses): readonly AwsOperation[] {
  return [
    operation<PermissionInput>('lambda', 'AddPermission', async (input, context) => {
      const { scope, name } = functionName(input.FunctionName, context, input.Qualifier)
      const { SourceArn, SourceAccount, PrincipalOrgID } = input
      const statement = await functions.addPermission(scope, name, {
        id: input.StatementId,
        action: input.Action,
        principal: input.Principal,
        ...(SourceArn === undefined ? {} : { sourceArn: SourceArn }),
        ...(SourceAccount === undefined ? {} : { sourceAccount: SourceAccount }),
        ...(PrincipalOrgID === undefined ? {} : { organizationId: PrincipalOrgID }),
      })
      return { Statement: JSON.stringify(statement) }
    }),
    operation<FunctionInput & { readonly StatementId: string }>(
      'lambda',
      'RemovePermission',
      async (input, context) => {
        const { scope, name } = functionName(input.FunctionName, context, input.Qualifier)
        await functions.removePermission(scope, name, input.StatementId)
        return ''
      },
    ),
    operation<FunctionInput>('lambda', 'GetPolicy', async (input, context) => {
      const { scope, name } = functionName(input.FunctionName, context, input.Qualifier)
      const { settings, revision } = await functions.get(scope, name)
      const statements = settings?.policy ?? []
      if (statements.length === 0) {
        throw awsFault(
          'ResourceNotFoundException',
          'The resource you requested does not exist.',
          404,
        )
      }
      const policy = { Version: '2012-10-17', Id: 'default', Statement: statements }
      return { Policy: JSON.stringify(policy), RevisionId: revision }
    }),
  ]
}

function tagOperations(functions: FunctionUses): readonly AwsOperation[] {
  return [
    operation<{ readonly Resource: string }>('lambda', 'ListTags', async (input, context) => {
      const { scope, name } = functionName(input.Resource, context)
      return { Tags: (await functions.get(scope, name)).settings?.tags ?? {} }
    }),
    operation<{ readonly Resource: string; readonly Tags: Tags }>(
      'lambda',
      'TagResource',
      async (input, context) => {
        const { scope, name } = functionName(input.Resource, context)
        await functions.tag(scope, name, { set: input.Tags })
        return ''
      },
    ),
    operation<{ readonly Resource: string; readonly TagKeys: readonly string[] }>(
      'lambda',
      'UntagResource',
      async (input, context) => {
        const { scope, name } = functionName(input.Resource, context)
        await functions.tag(scope, name, { remove: input.TagKeys })
        return ''
      },
    ),
  ]
}

function archiveOf({ ZipFile: zip, S3Bucket, ImageUri }: CodeInput): Buffer {
  if (zip !== undefined) return Buffer.from(zip, 'base64')
  const other = S3Bucket === undefined ? 'an image' : 'an object of S3'
  throw awsFault(
    'InvalidParameterValueException',
    S3Bucket === undefined && ImageUri === undefined
      ? 'Please provide a source for function code.'
      : `Functions of this server come as a zip in the request; ${other} is not fetched.`,
  )
}

// What has no effect on how a function runs here, and is shown as it was given.
const KEPT = [
  'Architectures',
  'Description',
  'EphemeralStorage',
  'FileSystemConfigs',
  'KMSKeyArn',
  'Layers',
  'LoggingConfig',
  'SnapStart',
  'TracingConfig',
  'VpcConfig',
]

function decodeConfiguration(input: ConfigurationInput): FunctionConfiguration {
  const { Runtime, Handler, Role, Environment, Timeout, MemorySize, DeadLetterConfig } = input
  const kept = Object.entries(input).filter(([name]) => KEPT.includes(name)) as [string, unknown][]
  return {
    kept: Object.fromEntries(kept),
    ...(Runtime === undefined ? {} : { runtime: Runtime }),
    ...(Handler === undefined ? {} : { handler: Handler }),
    ...(Role === undefined ? {} : { role: Role }),
    ...(Environment === undefined ? {} : { env: Environment.Variables ?? {} }),
    ...(Timeout === undefined ? {} : { timeoutSeconds: Timeout }),
    ...(MemorySize === undefined ? {} : { memoryMb: MemorySize }),
    ...(DeadLetterConfig === undefined ? {} : { deadLetterArn: DeadLetterConfig.TargetArn ?? '' }),
  }
}
