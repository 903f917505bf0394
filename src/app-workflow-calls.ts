// Steps that call: a function by its name or ARN, and an endpoint over HTTP. Each call carries the step's idempotency
// key, the same on every attempt.

import type { HttpAdditions, Invoker, InvokeResult } from './connect/index.ts'
import { DEFAULT_ACCOUNT } from './model/index.ts'
import type { Json } from './structure/index.ts'
import { type ActionResult, asText, type CallRequest } from './workflow/index.ts'

const REGION = 'us-east-1'
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** `with`: `{ name | arn, payload }`. */
export async function callFunction(invoker: Invoker, request: CallRequest): Promise<ActionResult> {
  const { name, arn, payload = {} } = request.with
  const address =
    typeof arn === 'string'
      ? arn
      : `arn:aws:lambda:${REGION}:${DEFAULT_ACCOUNT}:function:${asText(name)}`
  if (typeof arn !== 'string' && typeof name !== 'string')
    return refused('expected `with.name` or `with.arn` to name a function')
  const key = { idempotencyKey: request.idempotencyKey }
  const sent = isFields(payload) ? { ...key, ...payload } : payload
  const body = Buffer.from(JSON.stringify(sent))
  const result = await invoker.invoke(address, { payload: body }, request.signal)
  return resultOf(result, (answer) => ({ payload: answer }))
}

/** `with`: `{ url, method, headers, query, body }`. */
export async function callHttp(invoker: Invoker, request: CallRequest): Promise<ActionResult> {
  const { url, method = 'POST', headers, query, body = {} } = request.with
  if (typeof url !== 'string' || !/^https?:/i.test(url))
    return refused('expected `with.url` to be an http or https URL')
  const verb = asText(method).toUpperCase()
  if (!METHODS.includes(verb))
    return refused(`expected \`with.method\` to be one of ${METHODS.join(', ')}, got \`${verb}\``)
  const http: HttpAdditions = {
    method: verb,
    headers: { 'Idempotency-Key': request.idempotencyKey, ...textsOf(headers) },
    query: textsOf(query),
  }
  const payload = Buffer.from(JSON.stringify(body))
  const result = await invoker.invoke(url, { payload, http }, request.signal)
  const status = result.kind === 'ok' ? (result.status ?? 200) : 0
  return resultOf(result, (answer) => ({ status, body: answer }))
}

function resultOf(result: InvokeResult, output: (answer: Json) => Json): ActionResult {
  if (result.kind === 'ok') return { kind: 'done', output: output(parse(result.payload)) }
  const { failure, functionError, isFinal } = result
  const message =
    functionError === undefined
      ? failure.message
      : `${functionError.name}: ${functionError.message}`
  return { kind: 'failed', message, isFinal }
}

/** JSON where it is, else the text. */
function parse(payload: Uint8Array): Json {
  const text = Buffer.from(payload).toString()
  if (text === '') return null
  try {
    return JSON.parse(text) as Json
  } catch {
    // Not every endpoint answers with JSON.
    return text
  }
}

function refused(message: string): ActionResult {
  return { kind: 'failed', message, isFinal: true }
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, asText(text)]))
}

function isFields(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
