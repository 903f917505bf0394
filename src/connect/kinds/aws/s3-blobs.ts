// Blobs in a bucket of S3, or of what speaks its API: four signed requests, so that no client of the SDK is needed.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html

import { createHash } from 'node:crypto'
import { AppError, type Clock, describeError } from '../../../base/index.ts'
import type { Blobs } from '../../blobs.ts'
import type { Guard } from '../../guard.ts'
import { BLOB_BYTES_MAX, BLOB_REQUEST_TIMEOUT_MS } from '../../limits.ts'
import { createSdkNetwork, escapeUri, type SdkNetwork, type SdkRequest } from './sdk-network.ts'
import { Sha256 } from './sha256.ts'

export interface S3Options {
  readonly bucket: string
  readonly region: string
  /** `https://s3.REGION.amazonaws.com` when absent. The bucket is a part of the path. */
  readonly endpoint?: string
  /** Put before every name, without a slash at its end; empty for none. */
  readonly prefix: string
  /** Asked for each request, so that keys may be rotated. */
  readonly credentials: () => Promise<{
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }>
  readonly guard: Guard
  readonly clock: Clock
}

/** Every call rejects `STORAGE_FAILED` when the service refuses, or does not answer in time. */
export function openS3Blobs(options: S3Options): Blobs {
  return new S3Blobs(options)
}

interface S3Answer {
  readonly status: number
  readonly body: Buffer
}

interface S3Call {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  /** The whole key; empty for the bucket. */
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

class S3Blobs implements Blobs {
  readonly #options: S3Options
  readonly #network: SdkNetwork
  readonly #url: URL

  constructor(options: S3Options) {
    const { region, endpoint = `https://s3.${region}.amazonaws.com`, guard } = options
    this.#options = options
    this.#url = guard.checkUrl(endpoint)
    this.#network = createSdkNetwork(guard, BLOB_BYTES_MAX)
  }

  async put(name: string, body: Uint8Array): Promise<void> {
    await this.#call({ method: 'PUT', key: this.#keyOf(name), body })
  }

  async get(name: string): Promise<Buffer | undefined> {
    const { status, body } = await this.#call({ method: 'GET', key: this.#keyOf(name) }, 404)
    // A bucket that is not there is a mistake; a key that is not there is an answer.
    if (status === 404 && body.includes('NoSuchBucket')) throw this.#failed({ status, body })
    return status === 404 ? undefined : body
  }

  async delete(name: string): Promise<void> {
    await this.#call({ method: 'DELETE', key: this.#keyOf(name) })
  }

  async list(prefix: string): Promise<readonly string[]> {
    const names: string[] = []
    let token: string | undefined
    do {
      const query = {
        'list-type': '2',
        prefix: this.#keyOf(prefix),
        ...(token === undefined ? {} : { 'continuation-token': token }),
      }
      const { body } = await this.#call({ method: 'GET', key: '', query })
      const text = body.toString()
      const skip = this.#keyOf('').length
      for (const [, key] of text.matchAll(/<Key>([^<]*)<\/Key>/g))
        names.push(unescapeXml(key!).slice(skip))
      token = textOf(text, 'NextContinuationToken')
    } while (token !== undefined)
    return names.sort()
  }

  close(): Promise<void> {
    return this.#network.close()
  }

  #keyOf(name: string): string {
    const { prefix } = this.#options
    return prefix === '' ? name : `${prefix}/${name}`
  }

  async #call(call: S3Call, alsoFine?: number): Promise<S3Answer> {
    const { clock } = this.#options
    const deadline = new AbortController()
    const timer = clock.setTimer(BLOB_REQUEST_TIMEOUT_MS, () =>
      deadline.abort(new Error(`no answer within ${BLOB_REQUEST_TIMEOUT_MS} ms`)),
    )
    let answer: S3Answer
    try {
      const request = await this.#sign(call)
      const { response } = await this.#network.handle(request, { abortSignal: deadline.signal })
      answer = { status: response.statusCode, body: Buffer.from(response.body) }
    } catch (error) {
      throw new AppError('STORAGE_FAILED', this.#say(describeError(error)), { cause: error })
    } finally {
      timer.cancel()
    }
    if ((answer.status >= 200 && answer.status < 300) || answer.status === alsoFine) return answer
    throw this.#failed(answer)
  }

  async #sign({ method, key, query = {}, body }: S3Call): Promise<SdkRequest> {
    const { SignatureV4 } = await import('@smithy/signature-v4')
    const { bucket, region, credentials, clock } = this.#options
    const signer = new SignatureV4({
      service: 's3',
      region,
      credentials: await credentials(),
      sha256: Sha256,
      // S3 alone signs the path as it is sent.
      uriEscapePath: false,
    })
    const base = this.#url.pathname.replace(/\/$/, '')
    const path = [bucket, ...(key === '' ? [] : key.split('/'))].map((part) => escapeUri(part))
    const bytes = body ?? Buffer.alloc(0)
    const request = {
      method,
      protocol: this.#url.protocol,
      hostname: this.#url.hostname,
      ...(this.#url.port === '' ? {} : { port: Number(this.#url.port) }),
      path: `${base}/${path.join('/')}`,
      query,
      headers: {
        host: this.#url.host,
        'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex'),
        'user-agent': 'Signalbox',
        ...(body === undefined ? {} : { 'content-type': 'application/octet-stream' }),
      },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    }
    return signer.sign(request, { signingDate: new Date(clock.now()) })
  }

  #failed({ status, body }: S3Answer): AppError {
    const text = body.toString('utf8', 0, 2048)
    const said = [textOf(text, 'Code'), textOf(text, 'Message')].filter(
      (part) => part !== undefined,
    )
    return new AppError('STORAGE_FAILED', this.#say([status, ...said].join(' ')))
  }

  #say(what: string): string {
    return `bucket \`${this.#options.bucket}\` at \`${this.#url.host}\` failed: ${what}`
  }
}

function textOf(xml: string, element: string): string | undefined {
  const found = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1]
  return found === undefined ? undefined : unescapeXml(found)
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
