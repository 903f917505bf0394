// What a client says of itself in CONNECT; what it leaves out is as nats-server has it.

import { createHash, timingSafeEqual } from 'node:crypto'

export interface ConnectOptions {
  readonly verbose: boolean
  readonly pedantic: boolean
  readonly echo: boolean
  readonly headers: boolean
  readonly noResponders: boolean
  readonly token?: string
}

export const BEFORE_CONNECT: ConnectOptions = {
  verbose: true,
  pedantic: true,
  echo: true,
  headers: false,
  noResponders: false,
}

export function readConnectOptions(value: unknown): ConnectOptions {
  const given = typeof value === 'object' && value !== null ? value : {}
  const fields: Readonly<Record<string, unknown>> = { ...given }
  const flag = (name: string, otherwise: boolean): boolean => {
    const set = fields[name]
    return typeof set === 'boolean' ? set : otherwise
  }
  const token = fields['auth_token']
  return {
    verbose: flag('verbose', true),
    pedantic: flag('pedantic', true),
    echo: flag('echo', true),
    headers: flag('headers', false),
    noResponders: flag('no_responders', false),
    ...(typeof token === 'string' ? { token } : {}),
  }
}

/** In a time that says nothing of where they differ. */
export function isSameToken(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
