// The `fieldPath` of a rule: `.spec.size`, `['a.b'].c`, fields and keys of maps alone.

import type { Schema } from './schema.ts'

const STEP = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\])/

/** As it stands in messages, `spec.size`; empty when there is none. */
export function normalFieldPath(text: string): string {
  return stepsOf(text)
    .map(({ name, isKey }) => (isKey ? `[${name}]` : `.${name}`))
    .join('')
    .replace(/^\./, '')
}

/** What is wrong with a path; undefined when nothing is. */
export function fieldPathFault(text: string, schema: Schema): string | undefined {
  let at: Schema | undefined = schema
  let length = 0
  for (const { name, raw } of stepsOf(text)) {
    length += raw.length
    const { properties, additionalProperties }: Schema = at
    if (properties !== undefined)
      at = Object.hasOwn(properties, name) ? properties[name] : undefined
    else at = typeof additionalProperties === 'object' ? additionalProperties : undefined
    if (at === undefined) return 'does not refer to a valid field'
  }
  const rest = text.slice(length)
  if (rest === '') return undefined
  if (rest === '.' || rest === '[') return 'unexpected end of JSON path'
  if (rest.startsWith('['))
    return `expected single quoted string but got ${rest.slice(1).split(/[.[\]]/)[0]}`
  return rest.startsWith('.')
    ? 'does not refer to a valid field'
    : `expected [ or . but got: ${rest.split(/[.[\]]/)[0]}`
}

interface PathStep {
  readonly name: string
  readonly raw: string
  readonly isKey: boolean
}

function stepsOf(text: string): readonly PathStep[] {
  const steps: PathStep[] = []
  for (let rest = text; ;) {
    const found = STEP.exec(rest)
    if (found === null) return steps
    const [raw, plain, quoted] = found
    const name = plain ?? quoted!.replaceAll(/\\(.)/g, '$1')
    steps.push({ name, raw, isKey: plain === undefined && !/^\w+$/.test(name) })
    rest = rest.slice(raw.length)
  }
}
