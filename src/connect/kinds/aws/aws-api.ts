// Any operation of a service of AWS as a signed request, for those who know its REST form: no client of the SDK is
// needed, and nothing is dialled that the guard refuses.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html

import { createHash } from 'node:crypto'
import { AppError, type Clock } from '../../../base/index.ts'
import type { Guard } from '../../guard.ts'
import { createSdkNetwork, escapeUri, type SdkRequest } from './sdk-network.ts'
import { Sha256 } from './sha256.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface AwsCall {
  /** As it is signed, `medialive`. */
  readonly service: string
  readonly region: string
  /** A URL; AWS's own when absent. */
  readonly endpoint?: string
  readonly credentials: AwsCredentials
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The parts of the path, not escaped. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface AwsReply {
  readonly status: number
  readonly text: string
}

export interface AwsApi {
  /** Resolves with whatever was answered; rejects when nothing was. */
  call(call: AwsCall, signal: AbortSignal): Promise<AwsReply>
  close(): Promise<void>
}

export interface AwsApiOptions {
  readonly guard: Guard
  readonly clock: Clock
  /** Of an answer; a mebibyte when absent. */
  readonly answerBytesMax?: number
}

export function createAwsApi(parts: AwsApiOptions): AwsApi {
  const network = createSdkNetwork(parts.guard, parts.answerBytesMax)
  return {
    async call(call, signal) {
      const signed = await sign(parts, call)
      const { response } = await network.handle(signed, { abortSignal: signal })
      return { status: response.statusCode, text: Buffer.from(response.body).toString() }
    },
    close: () => network.close(),
  }
}

async function sign(
  { guard, clock }: { readonly guard: Guard; readonly clock: Clock },
  call: AwsCall,
): Promise<SdkRequest> {
  const { service, region, credentials, method, path, query = {}, headers = {}, body } = call
  const url = guard.checkUrl(call.endpoint ?? `https://${service}.${region}.amazonaws.com`)
  const { SignatureV4 } = await loadSigner()
  const isS3 = service === 's3'
  const signer = new SignatureV4({
    service,
    region,
    credentials,
    sha256: Sha256,
    // S3 alone signs the path as it is sent.
    uriEscapePath: !isS3,
  })
  const request = {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path: `${url.pathname.replace(/\/$/, '')}/${path.map((part) => escapeUri(part)).join('/')}`,
    query,
    headers: {
      host: url.host,
      'user-agent': 'Signalbox',
      'x-amz-content-sha256': createHash('sha256')
        .update(body ?? '')
        .digest('hex'),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  }
  return signer.sign(request, { signingDate: new Date(clock.now()) })
}

/** An optional peer, as the clients of the SDK are. */
async function loadSigner(): Promise<typeof import('@smithy/signature-v4')> {
  try {
    return await import('@smithy/signature-v4')
  } catch (error) {
    throw new AppError(
      'AWS_CLIENT_MISSING',
      'requests to AWS cannot be signed; run `npm install @smithy/signature-v4` beside signalbox',
      { cause: error },
    )
  }
}
