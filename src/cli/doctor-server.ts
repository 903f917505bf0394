// What doctor finds at the server's address: nobody, ourselves, or somebody else; and whose clock is off.

import { isAppError } from '../base/index.ts'
import { createClient } from '../client/index.ts'
import type { ClientConfig } from '../config/index.ts'
import type { Finding } from './doctor.ts'
import type { CliIo } from './io.ts'
import { CLOCK_SKEW_MS_MAX } from './limits.ts'

// Before this the clock of a machine was never set.
const YEAR_MIN = 2026

export async function checkServer({ endpointUrl }: ClientConfig, io: CliIo): Promise<Finding> {
  const check = 'server'
  const client = createClient(endpointUrl)
  try {
    const { version, mode } = await client.info(io.signal)
    return { check, status: 'ok', message: `signalbox ${version} (${mode}) at ${endpointUrl}` }
  } catch (error) {
    if (isAppError(error, 'SERVER_UNREACHABLE') && error.details['reason'] === 'ECONNREFUSED') {
      return { check, status: 'ok', message: `nothing listens at ${endpointUrl}, the port is free` }
    }
    if (isAppError(error) && (error.class === 'unauthenticated' || error.class === 'forbidden')) {
      return { check, status: 'ok', message: `${endpointUrl} answers and wants credentials` }
    }
    const message = `something else answers at ${endpointUrl}`
    const hint = 'stop it, or use another port: `signalbox dev --port 4567`'
    return { check, status: 'failed', message, hint }
  } finally {
    client.close()
  }
}

export async function checkClock({ endpointUrl }: ClientConfig, io: CliIo): Promise<Finding> {
  const check = 'clock'
  const now = io.clock.now()
  const text = new Date(now).toISOString()
  const hint = 'set the clock, with `timedatectl set-ntp true` for instance'
  if (new Date(now).getUTCFullYear() < YEAR_MIN) {
    return { check, status: 'failed', message: `the clock says ${text}`, hint }
  }
  const skewMs = await readSkew(endpointUrl, io)
  if (skewMs !== undefined && Math.abs(skewMs) > CLOCK_SKEW_MS_MAX) {
    const message = `the server's clock is ${Math.round(skewMs / 1000)} s away from ours`
    return { check, status: 'warning', message, hint }
  }
  return { check, status: 'ok', message: `the clock says ${text}` }
}

async function readSkew(endpointUrl: string, io: CliIo): Promise<number | undefined> {
  const client = createClient(endpointUrl)
  const before = io.clock.now()
  try {
    const { at } = await client.stats(io.signal)
    return at - (before + io.clock.now()) / 2
  } catch {
    // Without a server there is nothing to compare with; checkServer says what is there.
    return undefined
  } finally {
    client.close()
  }
}
