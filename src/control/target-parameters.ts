// What a target's parameters must be beyond their shapes: paths that can be followed, and headers that may be set.

import { isAppError } from '../base/index.ts'
import type { Target } from '../model/index.ts'
import { compileParameters } from '../transform/index.ts'
import { fault } from './faults.ts'

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-gateway-target.html
const REFUSED_HEADERS = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'host',
  'max-forwards',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'www-authenticate',
  'x-forwarded-for',
])

/** Throws `parameter-invalid`. */
export function checkParameters({ id, parameters }: Pick<Target, 'id' | 'parameters'>): void {
  if (parameters === undefined) return
  try {
    compileParameters(parameters)
  } catch (error) {
    if (!isAppError(error, 'TEMPLATE_INVALID')) throw error
    const parameter = String(error.details['parameter'])
    throw fault('parameter-invalid', { target: id, parameter, reason: error.message }, error)
  }
  for (const name of headerNames(parameters)) {
    const lower = name.toLowerCase()
    if (!REFUSED_HEADERS.has(lower) && !/^x-amzn?(-|$)/.test(lower)) continue
    const reason = `the header ${name} cannot be set`
    throw fault('parameter-invalid', {
      target: id,
      parameter: 'HttpParameters.HeaderParameters',
      reason,
    })
  }
}

function headerNames(parameters: Readonly<Record<string, unknown>>): readonly string[] {
  const http = parameters['HttpParameters']
  if (typeof http !== 'object' || http === null || !('HeaderParameters' in http)) return []
  return Object.keys(http.HeaderParameters ?? {})
}
