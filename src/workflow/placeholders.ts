// Placeholders, `{{ name }}`, in the texts of a value. A text that is one placeholder and nothing else becomes the
// parameter's value with its type; within a longer text the value is put in as text. `{{ .name }}` and `{{ a.b.0 }}` are
// placeholders too; any other `{{ … }}` is left to the text templates.

import type { Json } from '../structure/index.ts'
import { asText, isList, isObject, type JsonObject, valueAt } from './json-tree.ts'

const PLACEHOLDER = /\{\{-?\s*\.?([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*-?\}\}/g
const WHOLE_PLACEHOLDER = /^\{\{-?\s*\.?([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*-?\}\}$/

/** A parameter that is used and has no value. */
export interface Unfilled {
  /** The word as it was used, `camera.name`. */
  readonly parameter: string
  /** Where, `steps[0].name`. */
  readonly path: string
}

export interface Filled {
  readonly value: Json
  readonly unfilled: readonly Unfilled[]
}

export interface FillOptions {
  readonly parameters: JsonObject
  /** Parameters that need not be given: a member that is such a one and nothing else is left out. */
  readonly optional: ReadonlySet<string>
  /** The path of the value itself. */
  readonly path: string
}

export function fillPlaceholders(value: Json, options: FillOptions): Filled {
  const unfilled: Unfilled[] = []
  const filled = fill(value, { ...options, unfilled })
  return { value: filled ?? null, unfilled }
}

/** The parameters that a value uses, each by its first word, in the order in which they are found. */
export function findPlaceholders(value: Json): readonly string[] {
  const names = new Set<string>()
  const look = (text: string): void => {
    for (const [, word] of text.matchAll(PLACEHOLDER)) names.add(word!.split('.')[0]!)
  }
  walkTexts(value, look)
  return Array.from(names)
}

/** Whether a text has something in it that is yet to be filled in. */
export function hasPlaceholder(text: string): boolean {
  return text.includes('{{')
}

export function walkTexts(value: Json | undefined, look: (text: string) => void): void {
  if (typeof value === 'string') look(value)
  else if (isList(value)) for (const item of value) walkTexts(item, look)
  else if (isObject(value))
    for (const [name, member] of Object.entries(value)) {
      look(name)
      walkTexts(member, look)
    }
}

interface Filling extends FillOptions {
  readonly unfilled: Unfilled[]
}

/** Undefined for what is left out. */
function fill(value: Json, filling: Filling): Json | undefined {
  if (typeof value === 'string') return fillText(value, filling)
  if (isList(value)) {
    return value
      .map((item, index) => fill(item, { ...filling, path: `${filling.path}[${index}]` }))
      .filter((item) => item !== undefined)
  }
  if (!isObject(value)) return value
  const members = Object.entries(value).flatMap(([name, member]) => {
    if (member === undefined) return []
    const path = `${filling.path}.${name}`
    const key = asText(fillText(name, { ...filling, path }) ?? name)
    const filled = fill(member, { ...filling, path })
    return filled === undefined ? [] : [[key, filled] as const]
  })
  return Object.fromEntries(members)
}

function fillText(text: string, filling: Filling): Json | undefined {
  const whole = WHOLE_PLACEHOLDER.exec(text)
  if (whole !== null) {
    const word = whole[1]!
    const value = lookUp(word, filling)
    if (value === undefined && !filling.optional.has(word.split('.')[0]!)) miss(word, filling)
    return value
  }
  return text.replaceAll(PLACEHOLDER, (_, word: string) => {
    const value = lookUp(word, filling)
    if (value === undefined) miss(word, filling)
    return asText(value)
  })
}

function lookUp(word: string, { parameters }: Filling): Json | undefined {
  return Object.hasOwn(parameters, word) ? parameters[word] : valueAt(parameters, word.split('.'))
}

function miss(parameter: string, { path, unfilled }: Filling): void {
  unfilled.push({ parameter, path })
}
