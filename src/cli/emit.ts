// `signalbox emit`: one event or many, as CloudEvents. The bytes of the data go out as they were given.

import { createUuid, describeError } from '../base/index.ts'
import { type Client, type SentEvent } from '../client/index.ts'
import { type CommandContext, openClient, printJson, say } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { readFileText } from './input.ts'
import { EMIT_BATCH_MAX, EMIT_COUNT_MAX, EMIT_RATE_MAX, EMIT_REQUESTS_MAX } from './limits.ts'
import { pace } from './pace.ts'
import { UsageError } from './usage-error.ts'

export interface EmitOptions {
  readonly source?: string
  readonly subject?: string
  readonly bus?: string
  readonly detailType?: string
  readonly count?: string
  readonly rate?: string
}

interface Plan {
  /** The event's JSON up to its id, and after it. */
  readonly head: string
  readonly tail: string
  readonly bus: string | undefined
  readonly count: number
  /** Events a second; undefined is as fast as they are taken. */
  readonly rate: number | undefined
}

interface Tally {
  accepted: number
  failed: number
  readonly ids: string[]
  error: unknown
}

export async function runEmit(
  context: CommandContext,
  options: EmitOptions,
  [type, data]: readonly string[],
): Promise<number> {
  const plan = await makePlan(context, options, { type, data })
  const client = openClient(context)
  try {
    return await report(context, plan, await sendAll(context, client, plan))
  } finally {
    client.close()
  }
}

async function makePlan(
  { io }: CommandContext,
  options: EmitOptions,
  given: { readonly type: string | undefined; readonly data: string | undefined },
): Promise<Plan> {
  const type = options.detailType ?? given.type
  if (type === undefined) {
    throw new UsageError('expected the type of the event, such as `signalbox emit order.created`')
  }
  // With --detail-type the type is said already, and what stands first is the data.
  const text = options.detailType === undefined ? given.data : (given.data ?? given.type)
  const json = text === undefined ? undefined : await readData(io, text)
  const attributes = {
    source: options.source ?? 'signalbox.cli',
    type,
    ...(options.subject === undefined ? {} : { subject: options.subject }),
  }
  const dataPart = json === undefined ? '' : `,"datacontenttype":"application/json","data":${json}`
  return {
    head: '{"specversion":"1.0","id":"',
    tail: `",${JSON.stringify(attributes).slice(1, -1)}${dataPart}}`,
    bus: options.bus,
    count: parseCount('--count', options.count, EMIT_COUNT_MAX) ?? 1,
    rate: parseCount('--rate', options.rate, EMIT_RATE_MAX),
  }
}

async function readData(io: CommandContext['io'], text: string): Promise<string> {
  const content = await readContent(io, text)
  try {
    JSON.parse(content)
  } catch (error) {
    throw new UsageError(`expected the data to be JSON: ${describeError(error)}`)
  }
  return content.trim()
}

function readContent(io: CommandContext['io'], text: string): Promise<string> | string {
  if (text === '-') return readFileText(io, text)
  return text.startsWith('@') ? readFileText(io, text.slice(1)) : text
}

function parseCount(flag: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= max) return count
  throw new UsageError(`expected \`${flag}\` to be an integer from 1 to ${max}, got \`${text}\``)
}

/** Sends all of them; after the first failure nothing new is begun. */
async function sendAll({ io, form }: CommandContext, client: Client, plan: Plan): Promise<Tally> {
  const tally: Tally = { accepted: 0, failed: 0, ids: [], error: undefined }
  const sends = new Set<Promise<void>>()
  const steps = pace({ ...plan, batchMax: EMIT_BATCH_MAX, clock: io.clock, signal: io.signal })
  for await (const size of steps) {
    const ids = Array.from({ length: size }, () => createUuid(io.random))
    const events = ids.map((id) => plan.head + id + plan.tail)
    const send = client.send({ bus: plan.bus, events, signal: io.signal }).then(
      (sent) => count(tally, sent),
      (error: unknown) => {
        tally.failed += size
        tally.error ??= error
      },
    )
    const settled = send.then(async () => {
      sends.delete(settled)
      if (form === 'line') await printNew(io, tally)
    })
    sends.add(settled)
    if (sends.size >= EMIT_REQUESTS_MAX) await Promise.race(sends)
    if (tally.error !== undefined) break
  }
  await Promise.all(sends)
  return tally
}

function count(tally: Tally, sent: readonly SentEvent[]): void {
  for (const { id } of sent) tally.ids.push(id)
  tally.accepted += sent.length
}

// Ids are printed as they come, so that a long run shows what it did when it is cut short.
async function printNew(io: CommandContext['io'], tally: Tally): Promise<void> {
  const ids = tally.ids.splice(0)
  if (ids.length > 0) await io.stdout.write(ids.map((id) => `${id}\n`).join(''))
}

async function report(context: CommandContext, plan: Plan, tally: Tally): Promise<number> {
  const { accepted, failed, ids, error } = tally
  if (error !== undefined && accepted === 0) throw error
  if (context.form === 'json') {
    await printJson(context, { bus: plan.bus ?? 'default', accepted, failed, ids })
  }
  if (plan.count > 1 && context.form === 'line' && context.io.stderr.isTty) {
    say(context, `${accepted} accepted`)
  }
  if (error === undefined) return EXIT_CODES.ok
  const left = plan.count - accepted
  say(context, `${accepted} accepted, ${left} not: ${describeError(error)}`)
  return EXIT_CODES.partial
}
