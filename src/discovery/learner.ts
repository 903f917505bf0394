// What is known of each type of event, and whether an event tells something new. An event that fits what is known
// costs one walk over it; one that does not makes a new version of its schema.

import { describeError, isAppError, type Logger } from '../base/index.ts'
import { parseBusKey, type StoredEvent } from '../event/index.ts'
import type { Scope } from '../model/index.ts'
import {
  CONTENT_LENGTH_MAX,
  discoveredName,
  fitsShape,
  formatInferred,
  mergeShapes,
  readInferred,
  type Shape,
  shapeOf,
} from '../schema/index.ts'
import { EVENT_SIZE_BYTES_MAX, TYPES_MAX } from './limits.ts'

export interface LearnerOptions {
  /** The newest content of a discovered schema; undefined when there is none. */
  readonly known: (scope: Scope, name: string) => Promise<string | undefined>
  /** Keeps a content as a new version. */
  readonly learn: (scope: Scope, name: string, content: string) => Promise<void>
  readonly logger: Logger
}

interface Knowledge {
  /** As the first event of the type had them: two spellings may share one name. */
  readonly source: string
  readonly detailType: string
  shape: Shape | undefined
  /** No more versions are made: the schema has too many, is too long, or is somebody else's. */
  isClosed: boolean
}

export class Learner {
  readonly #options: LearnerOptions
  readonly #types = new Map<string, Knowledge>()

  constructor(options: LearnerOptions) {
    this.#options = options
  }

  /** Resolves once what the event tells is kept. */
  async see(event: StoredEvent): Promise<void> {
    if (event.envelope.length > EVENT_SIZE_BYTES_MAX) return
    const { account, region } = parseBusKey(event.busKey)
    const { source, detailType, detail } = readEnvelope(event)
    const scope = { account, region }
    const name = discoveredName(source, detailType)
    const knowledge = await this.#recall(scope, name, { source, detailType })
    if (knowledge.isClosed) return
    if (knowledge.shape !== undefined && fitsShape(knowledge.shape, detail)) return
    const seen = shapeOf(detail)
    const shape = knowledge.shape === undefined ? seen : mergeShapes(knowledge.shape, seen)
    await this.#keep(scope, name, { knowledge, shape })
  }

  /** Somebody changed schemas: what is remembered of them may be wrong. */
  forget(): void {
    this.#types.clear()
  }

  async #recall(
    scope: Scope,
    name: string,
    event: Pick<Knowledge, 'source' | 'detailType'>,
  ): Promise<Knowledge> {
    const key = `${scope.account}/${scope.region}/${name}`
    const remembered = this.#types.get(key)
    // Taken out and put in again: the order is that of the last look.
    this.#types.delete(key)
    const knowledge = remembered ?? (await this.#read(scope, name, event))
    this.#types.set(key, knowledge)
    for (const oldest of this.#types.keys()) {
      if (this.#types.size <= TYPES_MAX) break
      this.#types.delete(oldest)
    }
    return knowledge
  }

  async #read(
    scope: Scope,
    name: string,
    event: Pick<Knowledge, 'source' | 'detailType'>,
  ): Promise<Knowledge> {
    const content = await this.#options.known(scope, name)
    if (content === undefined) return { ...event, shape: undefined, isClosed: false }
    const inferred = readInferred(content, name)
    if (inferred === undefined) return { ...event, shape: undefined, isClosed: true }
    const { source, detailType, detail: shape } = inferred
    return { source, detailType, shape, isClosed: false }
  }

  async #keep(
    scope: Scope,
    name: string,
    { knowledge, shape }: { readonly knowledge: Knowledge; readonly shape: Shape },
  ): Promise<void> {
    const { source, detailType } = knowledge
    const content = formatInferred({ source, detailType, detail: shape })
    try {
      if (content.length > CONTENT_LENGTH_MAX) throw new RangeError('the schema is too long')
      await this.#options.learn(scope, name, content)
      knowledge.shape = shape
    } catch (error) {
      const isFull = error instanceof RangeError || isAppError(error, 'LIMIT_EXCEEDED')
      if (!isFull) throw error
      knowledge.isClosed = true
      this.#options.logger.warn('a type of event is no longer learnt', {
        schema: name,
        error: describeError(error),
      })
    }
  }
}

interface Envelope {
  readonly source: string
  readonly detailType: string
  readonly detail: unknown
}

function readEnvelope({ envelope }: StoredEvent): Envelope {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.length)
  // Our own bytes: the envelope was made here.
  const value = JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>
  const { source, detail, 'detail-type': detailType } = value
  return { source: String(source), detailType: String(detailType), detail }
}
