// A function as Lambda describes it.

import type { FunctionView } from '../../control/index.ts'
import { functionArn } from '../../model/index.ts'

export interface EncodedFunction {
  readonly FunctionArn: string
  readonly [member: string]: unknown
}

/** A function of the operator's files shows what it runs in as the newest runtime there is here. */
const FILE_RUNTIMES = { node: 'nodejs24.x', python: 'python3.13' }

export function encodeFunction(view: FunctionView): EncodedFunction {
  const { spec, settings, modifiedAt, revision } = view
  const { lambda, name, account } = spec
  return {
    FunctionName: name,
    FunctionArn: functionArn(spec, name),
    Runtime: lambda?.runtime ?? FILE_RUNTIMES[spec.runtime],
    Role: lambda?.role ?? `arn:aws:iam::${account}:role/signalbox`,
    Handler: lambda?.handler ?? spec.handler,
    CodeSize: lambda?.codeSizeBytes ?? 0,
    CodeSha256: lambda?.codeSha256 ?? '',
    Description: '',
    Timeout: Math.ceil(spec.timeoutMs / 1000),
    MemorySize: spec.memoryMb,
    LastModified: formatTime(modifiedAt ?? 0),
    Version: '$LATEST',
    Environment:
      spec.env === undefined || Object.keys(spec.env).length === 0
        ? undefined
        : { Variables: spec.env },
    DeadLetterConfig:
      settings?.deadLetterArn === undefined ? undefined : { TargetArn: settings.deadLetterArn },
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: revision,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}` },
    ...shown(lambda?.kept ?? {}),
  }
}

/** As it was given, but where an answer says it otherwise than a request. */
function shown(kept: Readonly<Record<string, unknown>>): object {
  const { Layers: layers, SnapStart: snapStart, ...rest } = kept
  return {
    ...rest,
    ...(Array.isArray(layers) ? { Layers: layers.map((Arn: unknown) => ({ Arn })) } : {}),
    ...(typeof snapStart === 'object'
      ? { SnapStart: { ...snapStart, OptimizationStatus: 'Off' } }
      : {}),
  }
}

/** `2026-01-01T00:00:00.000+0000`. */
function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('Z', '+0000')
}
