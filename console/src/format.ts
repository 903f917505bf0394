// Numbers, times and payloads as people read them.

import { PAYLOAD_LENGTH_MAX } from './limits.ts'

const COUNT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export function formatCount(count: number): string {
  return count < 10_000 ? String(Math.round(count)) : COUNT.format(count)
}

export function formatRate(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : formatCount(rate)
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0')
}

/** Time of day, to the millisecond, where the reader is. */
export function formatTime(timestamp: number): string {
  const date = new Date(timestamp)
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((value) => pad(value, 2))
  return `${time.join(':')}.${pad(date.getMilliseconds(), 3)}`
}

export function formatPayload(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2)
  if (text.length <= PAYLOAD_LENGTH_MAX) return text
  return `${text.slice(0, PAYLOAD_LENGTH_MAX)}\n… ${text.length - PAYLOAD_LENGTH_MAX} more characters`
}

/** The payload in one line, for the row. */
export function summarise(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
