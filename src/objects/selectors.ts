// Label and field selectors in Kubernetes' own syntax.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors

import type { LabelRequirement } from '../store/index.ts'
import { badRequest } from './kube-faults.ts'
import type { KubeObject } from './kube-object.ts'
import { SELECTOR_LENGTH_MAX, SELECTOR_TERMS_MAX } from './limits.ts'

const KEY = String.raw`[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?`
const VALUE = String.raw`([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?`
const SET = new RegExp(String.raw`^(${KEY})\s+(in|notin)\s*\(([^()]*)\)$`)
const EQUALITY = new RegExp(String.raw`^(${KEY})\s*(==|=|!=)\s*(${VALUE})$`)
const PRESENCE = new RegExp(String.raw`^(!?)\s*(${KEY})$`)
const WHOLE_VALUE = new RegExp(`^${VALUE}$`)

/** `app=x,tier in (a,b),!old`. Refuses what it cannot read with `BadRequest`. */
export function parseLabelSelector(text: string): readonly LabelRequirement[] {
  return splitTerms(text).map((term) => parseRequirement(term))
}

export interface FieldTerm {
  /** `metadata.name`, `spec.x`. */
  readonly path: string
  readonly isEqual: boolean
  readonly value: string
}

/** `metadata.name=a,status.phase!=Running`. */
export function parseFieldSelector(text: string): readonly FieldTerm[] {
  return splitTerms(text).map((term) => {
    const found = /^([^=!]+)(==|=|!=)(.*)$/.exec(term)
    if (found === null)
      throw badRequest(
        `invalid selector: '${term.slice(0, 100)}'; can't understand '${term.slice(0, 100)}'`,
      )
    const [, path, operator, value] = found
    return { path: path!.trim(), isEqual: operator !== '!=', value: unescapeValue(value!.trim()) }
  })
}

/** The only name that a field selector lets through, when there is one. */
export function nameSelected(text: string | null | undefined): string | undefined {
  return parseFieldSelector(text ?? '').find(
    ({ path, isEqual }) => path === 'metadata.name' && isEqual,
  )?.value
}

/** Whether an object has these fields; what is absent is empty. */
export function matchesFields(object: KubeObject, terms: readonly FieldTerm[]): boolean {
  return terms.every(({ path, isEqual, value }) => (fieldText(object, path) === value) === isEqual)
}

function fieldText(object: KubeObject, path: string): string {
  let value: unknown = object
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null) return ''
    value = (value as Readonly<Record<string, unknown>>)[part]
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' ? value : ''
}

function parseRequirement(term: string): LabelRequirement {
  const set = SET.exec(term)
  if (set !== null) {
    const values = set[4]!.split(',').map((value) => value.trim())
    const bad = values.find((value) => !WHOLE_VALUE.test(value))
    if (bad !== undefined) throw unreadable(term)
    return { key: set[1]!, operator: set[3] as 'in' | 'notin', values }
  }
  const equality = EQUALITY.exec(term)
  if (equality !== null) {
    const operator = equality[3] === '!=' ? 'notin' : 'in'
    return { key: equality[1]!, operator, values: [equality[4] ?? ''] }
  }
  const presence = PRESENCE.exec(term)
  if (presence === null) throw unreadable(term)
  return { key: presence[2]!, operator: presence[1] === '!' ? 'absent' : 'exists', values: [] }
}

/** At commas outside of parentheses. */
function splitTerms(text: string): readonly string[] {
  if (text.length > SELECTOR_LENGTH_MAX)
    throw badRequest(`expected a selector of at most ${SELECTOR_LENGTH_MAX} characters`)
  const terms: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at <= text.length; at += 1) {
    const character = text[at]
    if (character === '(') depth += 1
    else if (character === ')') depth -= 1
    else if (
      character === undefined ||
      (character === ',' && depth === 0 && text[at - 1] !== '\\')
    ) {
      terms.push(text.slice(from, at).trim())
      from = at + 1
    }
  }
  const said = terms.filter((term) => term !== '')
  if (said.length > SELECTOR_TERMS_MAX)
    throw badRequest(`expected a selector of at most ${SELECTOR_TERMS_MAX} terms`)
  return said
}

function unescapeValue(value: string): string {
  return value.replaceAll(/\\([\\,=])/g, '$1')
}

function unreadable(term: string): Error {
  return badRequest(`unable to parse requirement: \`${term.slice(0, 100)}\` is no label selector`)
}
