// What a function's process finds in its environment: a few variables of the host by name, what Lambda sets,
// where and as whom the AWS SDKs call, and last what the function's own spec says. Nothing of an event.

import { functionArn, type FunctionSpec } from '../../../model/index.ts'

export type Environment = Readonly<Record<string, string>>

export interface FunctionEnvironmentOptions {
  /** The environment of this process, as config read it. */
  readonly host: Readonly<Record<string, string | undefined>>
  /** Where AWS SDKs in functions call: this server, once it listens. */
  readonly endpointUrl: () => string | undefined
  /** As whom they call; the account's own when absent. */
  readonly credentials?: (account: string) => {
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }
}

const HOST_NAMES = [
  'HOME',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'NODE_EXTRA_CA_CERTS',
  'PATH',
  'PYENV_ROOT',
  'PYENV_VERSION',
  'REQUESTS_CA_BUNDLE',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'TMPDIR',
  'TZ',
  'VIRTUAL_ENV',
]

/** The environment for each start of a function's process. */
export function createFunctionEnvironment(
  options: FunctionEnvironmentOptions,
): (spec: FunctionSpec) => Environment {
  return (spec) => ({
    ...hostPart(options.host),
    ...awsPart(options, spec),
    ...lambdaPart(spec),
    ...spec.env,
  })
}

function hostPart(host: FunctionEnvironmentOptions['host']): Environment {
  const part: Record<string, string> = {}
  for (const name of HOST_NAMES) {
    const value = host[name]
    if (value !== undefined) part[name] = value
  }
  return part
}

function awsPart(options: FunctionEnvironmentOptions, spec: FunctionSpec): Environment {
  const endpointUrl = options.endpointUrl()
  const credentials = options.credentials?.(spec.account) ?? {
    accessKeyId: spec.account,
    secretAccessKey: 'test',
  }
  return {
    AWS_REGION: spec.region,
    AWS_DEFAULT_REGION: spec.region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(endpointUrl === undefined ? {} : { AWS_ENDPOINT_URL: endpointUrl }),
    // An SDK that finds no credentials would ask a metadata address that is not there.
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
function lambdaPart(spec: FunctionSpec): Environment {
  return {
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: functionArn(spec, spec.name),
    _HANDLER: spec.handler,
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    // Each further malloc arena maps 64 MB that the limit on address space would count.
    MALLOC_ARENA_MAX: '2',
    ...rootPart(spec),
  }
}

/** Where a function that came as an archive finds its own files and modules. */
function rootPart({ lambda }: FunctionSpec): Environment {
  if (lambda === undefined) return {}
  return { LAMBDA_TASK_ROOT: lambda.codeDirectory, PYTHONPATH: lambda.codeDirectory }
}
