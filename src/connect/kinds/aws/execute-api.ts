// API Gateway: a signed request to the URL that the ARN `arn:…:execute-api:…:API/STAGE/METHOD/PATH` stands for.
// Each `*` of the path takes the next of the target's path parameters.

import type { Arn } from '../../../model/index.ts'
import type { SinkMessage, SinkResult } from '../../sink.ts'
import type { AwsCaller } from './caller.ts'
import { escapeUri, type SdkRequest } from './sdk-network.ts'
import { AWS_MESSAGE_LENGTH_MAX } from './limits.ts'
import { resultOf } from './outcome.ts'
import { malformed, parametersOf } from './plan.ts'
import { Sha256 } from './sha256.ts'

interface Call {
  readonly arn: Arn
  readonly message: SinkMessage
}

export async function callExecuteApi(
  caller: AwsCaller,
  call: Call,
  signal: AbortSignal,
): Promise<SinkResult> {
  const endpoint = caller.endpoint({ service: 'execute-api', isUniversal: false })
  const { SignatureV4 } = await import('@smithy/signature-v4')
  const { arn } = call
  const signer = new SignatureV4({
    service: 'execute-api',
    region: arn.region,
    credentials: caller.credentials(arn.account, endpoint),
    sha256: Sha256,
  })
  const signed = await signer.sign(requestOf(call, endpoint), {
    signingDate: new Date(caller.options.clock.now()),
  })
  const { response } = await caller.within(signal, (abortSignal) =>
    caller.network.handle(signed as SdkRequest, { abortSignal }),
  )
  const { statusCode: status, body } = response
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  const said = Buffer.from(body).toString('utf8', 0, AWS_MESSAGE_LENGTH_MAX)
  return resultOf({ name: '', status, message: `the API answered ${status}: ${said}`.trim() })
}

function requestOf({ arn, message }: Call, endpoint: string) {
  const [api = '', stage = '', method = '', ...path] = arn.resource.split('/')
  const parameters = parametersOf(message, 'HttpParameters')
  const base =
    endpoint === 'aws' ? `https://${api}.execute-api.${arn.region}.amazonaws.com` : endpoint
  const url = new URL(base.replaceAll('{api}', api))
  const filled = fillPath(path, message, parameters['PathParameterValues'])
  return {
    method: method === '*' || method === '' ? 'POST' : method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path: `${url.pathname.replace(/\/$/, '')}/${[stage, ...filled].join('/')}`,
    query: textsOf(parameters['QueryStringParameters']),
    headers: {
      ...textsOf(parameters['HeaderParameters']),
      host: url.host,
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Signalbox',
    },
    body: Buffer.from(message.body),
  }
}

function fillPath(path: readonly string[], message: SinkMessage, values: unknown): string[] {
  const rest = Array.isArray(values) ? values.map(String) : []
  return path.map((part) => {
    if (part !== '*') return part
    const value = rest.shift()
    if (value !== undefined) return escapeUri(value)
    throw malformed(
      `target \`${message.target.id}\` has fewer \`PathParameterValues\` than its path has \`*\``,
    )
  })
}

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, String(item)]))
}
