// What a target's own HttpParameters add to a request; values that come of the event are filled in by now.

import type { Target } from '../../../model/index.ts'
import type { HttpAdditions } from '../../invoke.ts'

export function additionsOf({ parameters }: Target): HttpAdditions {
  const http = parameters?.['HttpParameters']
  if (typeof http !== 'object' || http === null) return {}
  const fields = http as Readonly<Record<string, unknown>>
  return {
    headers: textsOf(fields['HeaderParameters']),
    query: textsOf(fields['QueryStringParameters']),
    pathValues: listOf(fields['PathParameterValues']),
  }
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === 'string'))
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []
}
