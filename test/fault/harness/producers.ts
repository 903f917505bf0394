// Producers that put events over kept-alive connections as fast as they are answered, and write down what they
// were told. What an event holds follows from its id, so that a reader can tell whether it is whole.

import { Agent, request as httpRequest } from 'node:http'
import type { History } from './history.ts'

export const PRODUCERS = 16
/** The source of every event that a producer puts. */
export const SOURCE = 'fault'
const ENTRIES_MAX = 3
const ANSWER_DEADLINE_MS = 10_000
const REFUSED_PAUSE_MS = 20

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/events/aws4_request, ' +
  'SignedHeaders=host;x-amz-date;x-amz-target, Signature=' +
  '0'.repeat(64)

export interface Producers {
  /** Ends the loops and resolves when the last request has its answer or its failure. */
  stop(): Promise<void>
  /** Resolves when so many more entries are acknowledged, or the producers were stopped. */
  acknowledged(count: number): Promise<void>
  /** When the last acknowledgement came, by `performance.now()`. */
  readonly lastAcknowledgedAt: number
}

export interface ProducersOptions {
  readonly url: string
  readonly history: History
  /** Distinguishes the ids of one run from those of the next over the same data. */
  readonly run: number
  readonly count?: number
  /** Between two calls of one producer. */
  readonly pauseMs?: number
}

/** The JSON text of an event's detail: its id and a filling whose length and letters depend on it. */
export function detailOf(id: string): string {
  let hash = 2166136261
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 16777619) >>> 0
  }
  const letter = String.fromCharCode(97 + (hash % 26))
  return `{"id":"${id}","text":"${letter.repeat(hash % 900)}"}`
}

export function startProducers(options: ProducersOptions): Producers {
  const { url, history, run, count = PRODUCERS, pauseMs = 0 } = options
  const agent = new Agent({ keepAlive: true, maxSockets: count })
  const started = history.acknowledged
  const stop = new AbortController()
  let lastAcknowledgedAt = 0
  let onProgress: (() => void) | undefined

  async function produce(producer: number): Promise<void> {
    let counter = 0
    while (!stop.signal.aborted) {
      const ids = Array.from(
        { length: 1 + (counter % ENTRIES_MAX) },
        (_, index) => `${run}-${producer}-${counter + index}`,
      )
      counter += ids.length
      history.record(ids, 'invoked')
      const answers = await putEvents(agent, url, ids)
      for (const [index, fate] of answers.entries()) history.record([ids[index]!], fate)
      if (answers.includes('acknowledged')) lastAcknowledgedAt = performance.now()
      onProgress?.()
      // A server that is gone or refuses must not be asked a million times a second.
      if (!answers.includes('acknowledged')) await pause(REFUSED_PAUSE_MS)
      else if (pauseMs > 0) await pause(pauseMs)
    }
  }

  const loops = Promise.all(Array.from({ length: count }, (_, producer) => produce(producer)))
  return {
    get lastAcknowledgedAt() {
      return lastAcknowledgedAt
    },
    async stop() {
      stop.abort()
      onProgress?.()
      await loops
      agent.destroy()
    },
    acknowledged: (more) =>
      new Promise((resolve) => {
        onProgress = () => {
          if (history.acknowledged - started >= more || stop.signal.aborted) resolve()
        }
        onProgress()
      }),
  }
}

type Answer = 'acknowledged' | 'refused' | 'unknown'

async function putEvents(agent: Agent, url: string, ids: readonly string[]): Promise<Answer[]> {
  const entries = ids.map((id) => ({ Source: SOURCE, DetailType: id, Detail: detailOf(id) }))
  try {
    const { status, body } = await callAws(url, 'AWSEvents.PutEvents', { Entries: entries }, agent)
    if (status === 503 || status === 507 || status === 429) return ids.map(() => 'refused')
    if (status !== 200) return ids.map(() => 'unknown')
    const results = (body as { Entries: { EventId?: string; ErrorCode?: string }[] }).Entries
    return ids.map((_, index) => {
      const result = results[index]
      if (result?.EventId !== undefined) return 'acknowledged'
      return result?.ErrorCode === 'InternalFailure' ? 'unknown' : 'refused'
    })
  } catch {
    return ids.map(() => 'unknown')
  }
}

export interface AwsAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
}

/** One call of an AWS JSON operation; rejects when no whole answer comes. */
export function callAws(
  url: string,
  target: string,
  input: unknown,
  agent?: Agent,
): Promise<AwsAnswer> {
  const payload = Buffer.from(JSON.stringify(input))
  const version = target.startsWith('AmazonSQS') ? '1.0' : '1.1'
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      {
        method: 'POST',
        ...(agent === undefined ? {} : { agent }),
        timeout: ANSWER_DEADLINE_MS,
        headers: {
          'Content-Type': `application/x-amz-json-${version}`,
          'X-Amz-Target': target,
          'X-Amz-Date': '20260101T000000Z',
          Authorization: AUTHORIZATION,
          'Content-Length': payload.length,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('aborted', () => reject(new Error('the answer broke off')))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          try {
            const body = text === '' ? {} : (JSON.parse(text) as unknown)
            resolve({ status: response.statusCode!, headers: response.headers, body })
          } catch (error) {
            reject(error)
          }
        })
      },
    )
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', reject)
    request.end(payload)
  })
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}
