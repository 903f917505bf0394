// Text and YAML values into the type an option has. What does not fit is answered as a fault, never thrown,
// so that one run can name every fault.

import { assertNever } from '../base/index.ts'
import type { Option } from './options.ts'
import { Secret } from './secret.ts'

export type OptionValue =
  | string
  | number
  | boolean
  | Secret
  | readonly string[]
  | Readonly<Record<string, string>>

export type Parsed =
  | { readonly kind: 'value'; readonly value: OptionValue }
  | { readonly kind: 'fault'; readonly expected: string }

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
}

/** Reads `raw`, as text or as YAML gave it, as the option's type. */
export function parseValue(option: Option, raw: unknown): Parsed {
  switch (option.type) {
    case 'text':
    case 'path':
      return typeof raw === 'string' && raw !== '' ? value(raw) : fault('text')
    case 'url':
      return parseUrl(raw)
    case 'integer':
      return bounded(option, parseNumber(raw), 'an integer')
    case 'number':
      return bounded(option, parseNumber(raw), 'a number')
    case 'duration':
      return bounded(
        option,
        parseQuantity(raw, DURATION_UNITS),
        'a duration such as `500ms` or `24h`',
      )
    case 'size':
      return bounded(option, parseQuantity(raw, SIZE_UNITS), 'a size such as `1048576` or `64MiB`')
    case 'boolean':
      return parseBoolean(raw)
    case 'choice':
      return parseChoice(option, raw)
    case 'list':
      return parseList(raw)
    case 'ranges':
      return parseRanges(raw)
    case 'endpoint':
      return parseEndpoint(raw)
    case 'endpoints':
      return parseEndpoints(raw)
    case 'secret':
      return typeof raw === 'string' && raw !== '' ? value(new Secret(raw)) : fault('text')
    default:
      return assertNever(option.type)
  }
}

function value(parsed: OptionValue): Parsed {
  return { kind: 'value', value: parsed }
}

function fault(expected: string): Parsed {
  return { kind: 'fault', expected }
}

function parseNumber(raw: unknown): number {
  if (typeof raw === 'number') return raw
  return typeof raw === 'string' && /^[+-]?\d+(\.\d+)?$/.test(raw) ? Number(raw) : Number.NaN
}

function parseQuantity(raw: unknown, units: Readonly<Record<string, number>>): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]+)$/.exec(typeof raw === 'string' ? raw.trim() : '')
  if (match === null) return parseNumber(raw)
  const unit = match[2]!.toLowerCase()
  return Object.hasOwn(units, unit) ? Math.round(Number(match[1]) * units[unit]!) : Number.NaN
}

function bounded(option: Option, parsed: number, expected: string): Parsed {
  const min = option.min ?? Number.MIN_SAFE_INTEGER
  const max = option.max ?? Number.MAX_SAFE_INTEGER
  const fits = parsed >= min && parsed <= max
  if (fits && (option.type === 'number' || Number.isInteger(parsed))) return value(parsed)
  return fault(`${expected}${range(option)}`)
}

function range(option: Option): string {
  const unit = option.type === 'duration' ? ' ms' : option.type === 'size' ? ' bytes' : ''
  if (option.min !== undefined && option.max !== undefined) {
    return ` from ${option.min} to ${option.max}${unit}`
  }
  return option.min === undefined ? '' : ` of at least ${option.min}${unit}`
}

function parseBoolean(raw: unknown): Parsed {
  if (typeof raw === 'boolean') return value(raw)
  if (raw === 'true' || raw === '1') return value(true)
  if (raw === 'false' || raw === '0') return value(false)
  return fault('`true` or `false`')
}

function parseChoice(option: Option, raw: unknown): Parsed {
  const choices = option.choices ?? []
  if (typeof raw === 'string' && choices.includes(raw)) return value(raw)
  return fault(`one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`)
}

function parseList(raw: unknown): Parsed {
  if (Array.isArray(raw) && raw.every((item) => typeof item === 'string' && item !== '')) {
    return value(Object.freeze([...(raw as string[])]))
  }
  if (typeof raw !== 'string') return fault('a list of texts')
  const items = raw.split(',').map((item) => item.trim())
  return value(Object.freeze(items.filter((item) => item !== '')))
}

function parseRanges(raw: unknown): Parsed {
  const parsed = parseList(raw)
  const form = fault('ranges of records such as `1200-1299` or `2000-`')
  if (parsed.kind === 'fault') return form
  return (parsed.value as readonly string[]).every(isRange) ? parsed : form
}

function isRange(text: string): boolean {
  const match = /^(\d{1,15})-(\d{1,15})?$/.exec(text)
  return match !== null && (match[2] === undefined || Number(match[1]) <= Number(match[2]))
}

function parseEndpoint(raw: unknown): Parsed {
  if (raw === 'aws') return value('aws')
  const parsed = parseUrl(raw)
  return parsed.kind === 'value' ? parsed : fault('an `http://` or `https://` address, or `aws`')
}

const ENDPOINTS_FORM =
  'a mapping of services to endpoints, such as `sqs: http://127.0.0.1:5000` or `states: aws`'
const SERVICE = /^[a-z0-9][a-z0-9-]{0,63}$/

function parseEndpoints(raw: unknown): Parsed {
  const entries = typeof raw === 'string' ? splitPairs(raw) : pairsOf(raw)
  if (entries === undefined) return fault(ENDPOINTS_FORM)
  const endpoints: [string, string][] = []
  for (const [service, endpoint] of entries) {
    const parsed = parseEndpoint(endpoint)
    if (parsed.kind === 'fault' || !SERVICE.test(service)) return fault(ENDPOINTS_FORM)
    endpoints.push([service, parsed.value as string])
  }
  return value(Object.fromEntries(endpoints))
}

function splitPairs(text: string): readonly (readonly [string, unknown])[] {
  const pairs = text.split(',').map((pair) => pair.trim())
  return pairs
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, Math.max(0, at)).trim(), pair.slice(at + 1).trim()]
    })
}

function pairsOf(raw: unknown): readonly (readonly [string, unknown])[] | undefined {
  const isMapping = typeof raw === 'object' && raw !== null && !Array.isArray(raw)
  return isMapping ? Object.entries(raw) : undefined
}

function parseUrl(raw: unknown): Parsed {
  const url = typeof raw === 'string' ? URL.parse(raw) : null
  const isHttp = url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
  if (!isHttp) return fault('an `http://` or `https://` address')
  return value(url.href.replace(/\/+$/, ''))
}
