// One guarded GET of a small text, for what is asked seldom.

import { Agent } from 'undici'
import { AppError, type Clock, describeError } from '../base/index.ts'
import type { Guard } from './guard.ts'
import { ANSWER_HEADER_BYTES_MAX, INVOKE_ANSWER_BYTES_MAX, REGISTRY_TIMEOUT_MS } from './limits.ts'

export interface TextRequest {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly guard: Guard
  readonly clock: Clock
}

export interface TextAnswer {
  readonly status: number
  readonly text: string
}

/** Any status is an answer. Rejects `TARGET_REFUSED`, and `SERVER_UNREACHABLE` when nobody answers in time. */
export async function fetchText({ url, headers, guard, clock }: TextRequest): Promise<TextAnswer> {
  const { origin, pathname, search } = guard.checkUrl(url)
  const agent = new Agent({
    connect: guard.connect,
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: ANSWER_HEADER_BYTES_MAX,
  })
  const deadline = new AbortController()
  const timer = clock.setTimer(REGISTRY_TIMEOUT_MS, () =>
    deadline.abort(new Error(`no answer within ${REGISTRY_TIMEOUT_MS} ms`)),
  )
  try {
    const { statusCode, body } = await agent.request({
      origin,
      path: pathname + search,
      method: 'GET',
      headers: { accept: 'application/json', ...headers },
      signal: deadline.signal,
    })
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.length
      if (size > INVOKE_ANSWER_BYTES_MAX)
        throw new Error(`the answer has more than ${INVOKE_ANSWER_BYTES_MAX} bytes`)
      chunks.push(chunk)
    }
    return { status: statusCode, text: Buffer.concat(chunks).toString() }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError(
      'SERVER_UNREACHABLE',
      `\`${origin}\` did not answer: ${describeError(error)}`,
      {
        cause: error,
      },
    )
  } finally {
    timer.cancel()
    await agent.destroy()
  }
}
