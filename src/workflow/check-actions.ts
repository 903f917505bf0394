// What is wrong with what steps do besides resources: their `with` is looked at before anything is made, as far as it is
// known by then. What a placeholder, a Secret or `dependsOn` is yet to fill in may be anything.

import type { FieldFault, Json } from '../structure/index.ts'
import { choiceFaults, stepsNamed } from './choice.ts'
import { invalid, missing } from './faults.ts'
import { isList, isObject, type JsonObject } from './json-tree.ts'
import { hasPlaceholder, walkTexts } from './placeholders.ts'
import { type Action, type ActionKind, parseDuration, type Step } from './steps.ts'

/** What is wrong with an event pattern; undefined when nothing is. */
export type CheckPattern = (pattern: JsonObject) => string | undefined

export interface Checking {
  readonly checkPattern?: CheckPattern | undefined
}

export function checkActions(
  steps: readonly Step[],
  path: string,
  checking: Checking = {},
): readonly FieldFault[] {
  return steps.flatMap(({ action }, index) => {
    if (action === undefined) return []
    const look = new Look(action, `${path}[${index}].with`)
    CHECKS[action.uses](look, { ...checking, later: steps.slice(index + 1) })
    return look.faults
  })
}

interface Around extends Checking {
  readonly later: readonly Step[]
}

const HTTP_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const DURATIONS = '`500ms`, `30s`, `5m`, `1h` or `2d`'

const CHECKS: Readonly<Record<ActionKind, (look: Look, around: Around) => void>> = {
  job(look) {
    look.knows([
      'spec',
      'image',
      'command',
      'args',
      'env',
      'envFrom',
      'resources',
      'workingDir',
      'timeout',
    ])
    look.object('spec')
    if (!look.has('spec')) look.needs('image', 'the image that the Job runs, or `spec`')
    look.text('image')
    for (const member of ['command', 'args', 'env', 'envFrom']) look.list(member)
    look.duration('timeout')
  },
  function(look) {
    look.knows(['name', 'arn', 'payload'])
    if (!look.has('arn')) look.needs('name', 'the function that is called, or its `arn`')
    look.text('name')
    look.text('arn')
  },
  http(look) {
    look.knows(['url', 'method', 'headers', 'query', 'body'])
    look.needs('url', 'what is called, https://…')
    look.text('url', (url) =>
      /^https?:\/\/./i.test(url) ? undefined : 'expected an http or https URL',
    )
    look.text('method', (method) =>
      HTTP_METHODS.includes(method.toUpperCase())
        ? undefined
        : `expected one of ${HTTP_METHODS.join(', ')}`,
    )
    look.object('headers')
    look.object('query')
  },
  event(look) {
    look.knows(['bus', 'source', 'detailType', 'detail', 'resources'])
    for (const member of ['bus', 'source', 'detailType']) look.text(member)
    look.object('detail')
    look.list('resources')
  },
  wait(look, { checkPattern }) {
    const ways = ['for', 'until', 'event'].filter((member) => look.has(member))
    look.knows(['for', 'until', 'event'])
    if (ways.length === 0)
      look.fault(missing(look.path, '`for` a duration, `until` a time, or an `event`'))
    if (ways.length > 1)
      look.fault(invalid(look.path, ways.join(', '), 'expected one of `for`, `until` and `event`'))
    look.duration('for')
    look.text('until', (time) =>
      Number.isNaN(Date.parse(time)) ? 'expected a time such as 2026-01-01T00:00:00Z' : undefined,
    )
    if (look.object('event')) checkEvent(look, checkPattern)
  },
  choice(look, { later }) {
    look.knows(['value', 'cases', 'otherwise'])
    look.needs('cases', 'a list of conditions with `run`')
    if (look.isOpen('cases') || look.isOpen('otherwise')) return
    for (const { member, value, text } of choiceFaults(look.given))
      look.fault(invalid(`${look.path}.${member}`, value, text))
    const names = later.map(({ name }) => name)
    if (names.some((name) => isOpen(name))) return
    for (const { member, name } of stepsNamed(look.given))
      if (!isOpen(name) && !names.includes(name))
        look.fault(invalid(`${look.path}.${member}`, name, laterSteps(names)))
  },
}

function laterSteps(names: readonly string[]): string {
  if (names.length === 0) return 'there is no later step'
  return `there is no later step of this name; there are ${names.join(', ')}`
}

function checkEvent(look: Look, checkPattern: CheckPattern | undefined): void {
  const event = new Look(
    { ...look.action, with: look.given['event'] as JsonObject },
    `${look.path}.event`,
    ['event'],
  )
  event.knows(['pattern', 'bus'])
  event.needs('pattern', 'an event pattern, { source: [shop] }')
  event.text('bus')
  const { pattern } = event.given
  if (event.object('pattern') && isObject(pattern) && !event.isOpen('pattern')) {
    const fault = checkPattern?.(pattern)
    if (fault !== undefined) event.fault(invalid(`${event.path}.pattern`, pattern, fault))
  }
  for (const fault of event.faults) look.fault(fault)
}

/** One `with`, and what was found wrong with it. */
class Look {
  readonly faults: FieldFault[] = []
  readonly action: Action
  readonly path: string
  /** Names of members that a value of another step or object is put into. */
  readonly #injected: ReadonlySet<string>

  constructor(action: Action, path: string, within: readonly string[] = []) {
    this.action = action
    this.path = path
    const keys = action.injections.map(({ key }) => key ?? [])
    const inside = keys.filter((key) => within.every((part, index) => key[index] === part))
    this.#injected = new Set(inside.flatMap((key) => key.slice(within.length, within.length + 1)))
  }

  get given(): JsonObject {
    return this.action.with
  }

  fault(fault: FieldFault): void {
    this.faults.push(fault)
  }

  knows(members: readonly string[]): void {
    for (const [name, value] of Object.entries(this.given))
      if (!members.includes(name) && !hasPlaceholder(name))
        this.fault(
          invalid(`${this.path}.${name}`, value, `unknown, expected ${members.join(', ')}`),
        )
  }

  has(member: string): boolean {
    return this.given[member] !== undefined || this.#injected.has(member)
  }

  needs(member: string, what: string): void {
    if (!this.has(member)) this.fault(missing(`${this.path}.${member}`, what))
  }

  /** Whether something in it is yet to be filled in. */
  isOpen(member: string): boolean {
    let isFound = this.#injected.has(member)
    walkTexts(this.given[member], (text) => {
      isFound ||= isOpen(text)
    })
    return isFound
  }

  text(member: string, faultOf: (text: string) => string | undefined = () => undefined): void {
    const value = this.#known(member)
    if (value === undefined) return
    const fault = typeof value === 'string' ? faultOf(value) : 'expected a text'
    if (fault !== undefined) this.fault(invalid(`${this.path}.${member}`, value, fault))
  }

  duration(member: string): void {
    const value = this.#known(member)
    if (value !== undefined && parseDuration(value) === undefined)
      this.fault(
        invalid(`${this.path}.${member}`, value, `expected a duration such as ${DURATIONS}`),
      )
  }

  list(member: string): void {
    const value = this.#known(member)
    if (value !== undefined && !isList(value))
      this.fault(invalid(`${this.path}.${member}`, value, 'expected a list'))
  }

  /** Whether one is there. */
  object(member: string): boolean {
    const value = this.#known(member)
    if (value !== undefined && !isObject(value))
      this.fault(invalid(`${this.path}.${member}`, value, 'expected an object'))
    return isObject(value)
  }

  /** Undefined as well for a text that is yet to be filled in. */
  #known(member: string): Json | undefined {
    const value = this.given[member]
    return typeof value === 'string' && isOpen(value) ? undefined : value
  }
}

/** A placeholder, or the mark of a Secret's value. */
function isOpen(text: string): boolean {
  return hasPlaceholder(text) || text.includes('${secret:')
}
