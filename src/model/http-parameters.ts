// Headers, query and body members that a connection adds to requests. In a stored spec a secret one has no value;
// all values together are sealed.

import type { FaultList } from './fault-list.ts'

export interface HttpParameter {
  readonly key: string
  readonly value?: string
  readonly isSecret?: boolean
}

export interface HttpParameters {
  readonly headers?: readonly HttpParameter[]
  readonly query?: readonly HttpParameter[]
  readonly body?: readonly HttpParameter[]
}

const PLACES = ['headers', 'query', 'body'] as const
const PARAMETERS_MAX = 100

export function checkHttpParameters(faults: FaultList, path: string, value: unknown): void {
  if (value === undefined) return
  const fields = faults.fields(path, value)
  if (fields === undefined) return
  for (const place of PLACES) {
    if (fields[place] === undefined) continue
    const items = faults.items(`${path}.${place}`, fields[place], PARAMETERS_MAX)
    for (const [index, item] of items.entries()) {
      const itemPath = `${path}.${place}[${index}]`
      const parameter = faults.fields(itemPath, item)
      if (parameter === undefined) continue
      faults.text(`${itemPath}.key`, parameter['key'], { lengthMin: 0, lengthMax: 512 })
      if (parameter['isSecret'] === true && parameter['value'] !== undefined)
        faults.add(`${itemPath}.value`, 'no value in the open where it is secret', '[masked]')
    }
  }
}

/** The same parameters without what is secret. */
export function openPartOf(parameters: HttpParameters): HttpParameters {
  return Object.fromEntries(
    PLACES.flatMap((place) => {
      const items = parameters[place]
      return items === undefined ? [] : [[place, items.map(withoutSecret)]]
    }),
  )
}

function withoutSecret(parameter: HttpParameter): HttpParameter {
  const { key, isSecret } = parameter
  return isSecret === true ? { key, isSecret } : parameter
}
