// Mirrors, as our own API starts them: from a topic to a topic of brokers that are declared, for as long as somebody listens.

import type { MirrorWish, OwnApiDeps } from './api/index.ts'
import { AppError, type Clock } from './base/index.ts'
import { checkJson, EVENT_DEPTH_MAX } from './event/index.ts'
import {
  type FindBroker,
  type MirrorOptions,
  mirrorTopic,
  rollBackGroup,
  type RollbackTo,
} from './connect/index.ts'
import { parseBrokerAddress } from './model/index.ts'
import { compileInput } from './transform/index.ts'

type Mirrors = Pick<OwnApiDeps['connectors'], 'mirror' | 'rollBack'>
type Place = Parameters<typeof rollBackGroup>[0]

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

export function createMirrors(find: FindBroker, clock: Clock): Mirrors {
  return {
    mirror: (wish, signal) => mirrorTopic(prepareMirror(wish, find, clock), signal),
    rollBack: ({ name, from, to }) =>
      rollBackGroup(placeOf(find, 'from', from), groupOf(name), parseRollback(to)),
  }
}

/** Throws `REQUEST_INVALID`, `RESOURCE_NOT_FOUND`. */
export function prepareMirror(
  { name, from, to, path, template, paths, isUntilEnd }: MirrorWish,
  find: FindBroker,
  clock: Clock,
): MirrorOptions {
  const places = { from: placeOf(find, 'from', from), to: placeOf(find, 'to', to) }
  if (places.from.access === places.to.access && places.from.topic === places.to.topic)
    throw invalid(`expected \`to\` to be another topic than \`from\`, got \`${to}\``)
  const transform = transformOf({ path, template, paths })
  return { ...places, group: groupOf(name), transform, isUntilEnd, clock }
}

function placeOf(find: FindBroker, what: string, text: string): Place {
  const address = parseBrokerAddress(text)
  if (address?.type !== 'kafka' || address.options.size > 0)
    throw invalid(`expected \`${what}\` to be like \`kafka://BROKER/TOPIC\`, got \`${text}\``)
  const access = find(address.broker)
  if (access?.broker.type === 'kafka') return { access, topic: address.place }
  const message = `broker \`${address.broker}\` does not exist, or is none of Kafka`
  throw new AppError('RESOURCE_NOT_FOUND', message)
}

function groupOf(name: string): string {
  if (NAME.test(name)) return `signalbox-mirror-${name}`
  throw invalid(`expected \`name\` of letters, digits, \`.\`, \`_\` and \`-\`, got \`${name}\``)
}

interface Wish {
  readonly path: string | undefined
  readonly template: string | undefined
  /** JSON text. */
  readonly paths: string | undefined
}

/** As targets have it, over the value in place of the event. */
function transformOf({ path, template, paths }: Wish): (value: Buffer) => Buffer {
  if (path !== undefined && template !== undefined)
    throw invalid('expected a `path` or a `template`, got both')
  if (path === undefined && template === undefined) return (value) => value
  const input =
    path === undefined
      ? compileInput({ kind: 'template', template: template!, paths: parsePaths(paths) })
      : compileInput({ kind: 'path', path })
  return (value) => {
    const check = checkJson(value, { depthMax: EVENT_DEPTH_MAX })
    if (check.kind === 'fault')
      throw invalid(`its value is no JSON: ${check.reason} at byte ${check.offset}`)
    const made = input.apply(value, { ruleArn: '', ruleName: '', ingestionTime: 0 })
    if (made.kind === 'failed') throw made.error
    return Buffer.from(made.body)
  }
}

function parsePaths(text = '{}'): Readonly<Record<string, string>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Said below, as of any other text that is none.
  }
  const isMap =
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((one) => typeof one === 'string')
  if (isMap) return value as Readonly<Record<string, string>>
  throw invalid(`expected \`paths\` to be a JSON object of paths, got \`${text}\``)
}

function parseRollback(text: string): RollbackTo {
  if (text === 'earliest') return { kind: 'earliest' }
  if (text === 'latest') return { kind: 'latest' }
  if (/^-\d{1,12}$/.test(text)) return { kind: 'back', records: -Number(text) }
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return { kind: 'time', at }
  throw invalid(
    `expected \`to\` to be \`earliest\`, \`latest\`, a time of RFC 3339 or \`-COUNT\`, got \`${text}\``,
  )
}

function invalid(message: string): AppError {
  return new AppError('REQUEST_INVALID', message)
}
