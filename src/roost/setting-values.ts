// Values of a file or of the environment into the type that a setting has. What does not fit is answered, never thrown.

import { assertNever } from '../base/index.ts'
import type { SecretKey } from './settings.ts'
import type { Setting } from './settings-table.ts'

export type SettingValue = string | number | boolean | readonly string[] | SecretKey

export type ParsedSetting =
  | { readonly kind: 'value'; readonly value: SettingValue }
  | { readonly kind: 'fault'; readonly expected: string }

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const SERVER = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?$/
/** What Kafka lets a topic be called. */
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/
const PEM = /^\s*-----BEGIN [A-Z ]+-----/

export function parseSetting(setting: Setting, raw: unknown): ParsedSetting {
  switch (setting.type) {
    case 'text':
      return typeof raw === 'string' && raw !== '' ? value(raw) : fault('text')
    case 'boolean':
      return parseBoolean(raw)
    case 'integer':
      return bounded(setting, numberOf(raw), 'an integer')
    case 'number':
      return bounded(setting, numberOf(raw), 'a number')
    case 'duration':
      return bounded(setting, durationOf(raw), 'a duration such as `500ms` or `5m`')
    case 'choice':
      return parseChoice(setting, raw)
    case 'servers':
      return parseServers(raw)
    case 'topic':
      return typeof raw === 'string' && TOPIC.test(raw) && raw !== '.' && raw !== '..'
        ? value(raw)
        : fault('a name of a topic: letters, digits, `.`, `_` and `-`, at most 249')
    case 'url':
      return parseUrl(raw)
    case 'pem':
      return parsePem(raw)
    case 'secret':
      return parseSecret(raw)
    default:
      return assertNever(setting.type)
  }
}

function value(parsed: SettingValue): ParsedSetting {
  return { kind: 'value', value: parsed }
}

function fault(expected: string): ParsedSetting {
  return { kind: 'fault', expected }
}

function numberOf(raw: unknown): number {
  if (typeof raw === 'number') return raw
  return typeof raw === 'string' && /^-?\d+(?:\.\d+)?$/.test(raw) ? Number(raw) : Number.NaN
}

/** Numbers are milliseconds; texts may have several parts, `1h30m`. */
function durationOf(raw: unknown): number {
  if (typeof raw !== 'string' || /^\d+$/.test(raw)) return numberOf(raw)
  const parts = [...raw.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== raw) return Number.NaN
  return Math.round(parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0))
}

function bounded(setting: Setting, parsed: number, expected: string): ParsedSetting {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, type } = setting
  const isWhole = type === 'number' || Number.isInteger(parsed)
  if (parsed >= min && parsed <= max && isWhole) return value(parsed)
  return fault(`${expected} from ${min} to ${max}${type === 'duration' ? ' ms' : ''}`)
}

function parseBoolean(raw: unknown): ParsedSetting {
  if (typeof raw === 'boolean') return value(raw)
  if (raw === 'true' || raw === '1') return value(true)
  if (raw === 'false' || raw === '0') return value(false)
  return fault('`true` or `false`')
}

function parseChoice({ choices = [] }: Setting, raw: unknown): ParsedSetting {
  if (typeof raw === 'string' && choices.includes(raw)) return value(raw)
  return fault(`one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`)
}

function isTexts(raw: unknown): raw is readonly string[] {
  return Array.isArray(raw) && raw.every((one) => typeof one === 'string' && one !== '')
}

function parseServers(raw: unknown): ParsedSetting {
  const expected = 'a list of `host:port`, at least one'
  if (!isTexts(raw) || raw.length === 0) return fault(expected)
  return raw.every((server) => SERVER.test(server)) ? value(raw) : fault(expected)
}

function parseUrl(raw: unknown): ParsedSetting {
  const url = typeof raw === 'string' ? URL.parse(raw) : null
  const isHttp = url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
  const expected = 'an `http://` or `https://` address without user and password'
  if (!isHttp || url.username !== '' || url.password !== '') return fault(expected)
  return value(String(raw).replace(/\/+$/, ''))
}

/** PEM text, or base64 of it as manifests of Kubernetes have it. */
function parsePem(raw: unknown): ParsedSetting {
  if (typeof raw === 'string') {
    if (PEM.test(raw)) return value(raw)
    const decoded = Buffer.from(raw, 'base64').toString()
    if (PEM.test(decoded)) return value(decoded)
  }
  return fault('certificates as PEM text, or base64 of it')
}

function parseSecret(raw: unknown): ParsedSetting {
  const { name, key, ...rest } =
    typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {}
  const isWell = typeof name === 'string' && typeof key === 'string' && name !== '' && key !== ''
  if (!isWell || Object.keys(rest).length > 0) return fault('`{name, key}` of a Secret')
  return value({ name, key })
}
