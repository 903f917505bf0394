// What a subject's next version may be: compatibility levels, modes, and the question whether a schema would be taken.
// https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html

import type { HttpResponse } from '../http/exchange.ts'
import type { CompatibilityDirection, ConfluentRegistry, ConfluentVersion } from './deps.ts'
import { contentIn, findVersion, versionsOf } from './lookups.ts'
import { ConfluentFault, reply, subjectMissing } from './replies.ts'
import { type ConfluentCall, type ConfluentRoute, isTrue } from './route.ts'

interface Level {
  /** Undefined: anything goes. */
  readonly direction?: CompatibilityDirection
  /** With every version, not the newest alone. */
  readonly isTransitive: boolean
}

const LEVELS: ReadonlyMap<string, Level> = new Map([
  ['NONE', { isTransitive: false }],
  ['BACKWARD', { direction: 'backward', isTransitive: false }],
  ['BACKWARD_TRANSITIVE', { direction: 'backward', isTransitive: true }],
  ['FORWARD', { direction: 'forward', isTransitive: false }],
  ['FORWARD_TRANSITIVE', { direction: 'forward', isTransitive: true }],
  ['FULL', { direction: 'full', isTransitive: false }],
  ['FULL_TRANSITIVE', { direction: 'full', isTransitive: true }],
])
const DEFAULT_LEVEL = 'BACKWARD'
const MODES = ['READWRITE', 'READONLY']
const DEFAULT_MODE = 'READWRITE'

export const COMPATIBILITY_ROUTES: readonly ConfluentRoute[] = [
  {
    method: 'POST',
    path: '/compatibility/subjects/*/versions/*',
    operation: 'testCompatibility',
    handle: async (call) => {
      const [subject, version] = call.names
      return test(call, [await findVersion(call.registry, subject!, version!)])
    },
  },
  {
    method: 'POST',
    path: '/compatibility/subjects/*/versions',
    operation: 'testCompatibilityWithAll',
    handle: async (call) => test(call, await versionsOf(call.registry, call.names[0]!)),
  },
  ...settingRoutes({
    path: '/config',
    name: 'Config',
    setting: 'compatibility',
    written: 'compatibility',
    shown: 'compatibilityLevel',
    fallback: DEFAULT_LEVEL,
    values: [...LEVELS.keys()],
    invalidCode: 42203,
    missingCode: 40408,
  }),
  ...settingRoutes({
    path: '/mode',
    name: 'Mode',
    setting: 'mode',
    written: 'mode',
    shown: 'mode',
    fallback: DEFAULT_MODE,
    values: MODES,
    invalidCode: 42204,
    missingCode: 40409,
  }),
]

/** Throws when a version may not be added or taken away. */
export async function checkWritable(registry: ConfluentRegistry, subject: string): Promise<void> {
  if ((await valueOf(registry, subject, 'mode', DEFAULT_MODE)) === 'READWRITE') return
  throw new ConfluentFault(42205, `Subject '${subject}' is in read-only mode`)
}

export interface Candidate {
  readonly subject: string
  readonly content: string
  readonly versions: readonly ConfluentVersion[]
}

/** Throws when the subject's level does not allow the schema behind its versions. */
export async function checkCompatible(
  registry: ConfluentRegistry,
  candidate: Candidate,
): Promise<void> {
  const faults = await faultsOf(registry, candidate)
  if (faults.length === 0) return
  const message = `Schema being registered is incompatible with an earlier schema for subject "${candidate.subject}", details: ${faults.join('; ')}`
  throw new ConfluentFault(409, message)
}

async function faultsOf(
  registry: ConfluentRegistry,
  { subject, content, versions }: Candidate,
): Promise<readonly string[]> {
  const name = await valueOf(registry, subject, 'compatibility', DEFAULT_LEVEL)
  const { direction, isTransitive } = LEVELS.get(name) ?? { isTransitive: false }
  if (direction === undefined) return []
  const compared = isTransitive ? versions : versions.slice(-1)
  return compared.flatMap(({ version, content: before }) =>
    registry
      .faults(direction, { subject, before, after: content })
      .map((fault) => `version ${version}: ${fault}`),
  )
}

async function test(
  call: ConfluentCall,
  versions: readonly ConfluentVersion[],
): Promise<HttpResponse> {
  const subject = call.names[0]!
  const content = await contentIn(call)
  const messages: string[] = []
  // Each for itself: whoever asks says with which.
  for (const version of versions)
    messages.push(...(await faultsOf(call.registry, { subject, content, versions: [version] })))
  const isVerbose = isTrue(call.query, 'verbose')
  return reply({ is_compatible: messages.length === 0, ...(isVerbose ? { messages } : {}) })
}

async function valueOf(
  registry: ConfluentRegistry,
  subject: string,
  setting: 'compatibility' | 'mode',
  fallback: string,
): Promise<string> {
  const own = (await registry.settings(subject))?.[setting]
  return own ?? (await registry.settings())?.[setting] ?? fallback
}

interface Setting {
  readonly path: string
  readonly name: string
  readonly setting: 'compatibility' | 'mode'
  /** What it is called in requests, and in answers. */
  readonly written: string
  readonly shown: string
  readonly fallback: string
  readonly values: readonly string[]
  readonly invalidCode: number
  readonly missingCode: number
}

/** Of the whole registry, and of a subject. */
function settingRoutes(one: Setting): readonly ConfluentRoute[] {
  const { path, name, setting, shown, fallback } = one
  const globally = async (registry: ConfluentRegistry): Promise<string> =>
    (await registry.settings())?.[setting] ?? fallback
  return [
    {
      method: 'GET',
      path,
      operation: `get${name}`,
      handle: async ({ registry }) => reply({ [shown]: await globally(registry) }),
    },
    {
      method: 'PUT',
      path,
      operation: `put${name}`,
      handle: (call) => put(call, one, undefined),
    },
    {
      method: 'DELETE',
      path,
      operation: `delete${name}`,
      handle: ({ registry }) => take(registry, one, undefined),
    },
    {
      method: 'GET',
      path: `${path}/*`,
      operation: `getSubject${name}`,
      handle: async ({ registry, names: [subject], query }) => {
        const own = await ownSetting(registry, one, subject!)
        if (own !== undefined) return reply({ [shown]: own })
        if (isTrue(query, 'defaultToGlobal')) return reply({ [shown]: await globally(registry) })
        throw notConfigured(one, subject!)
      },
    },
    {
      method: 'PUT',
      path: `${path}/*`,
      operation: `putSubject${name}`,
      handle: (call) => put(call, one, call.names[0]),
    },
    {
      method: 'DELETE',
      path: `${path}/*`,
      operation: `deleteSubject${name}`,
      handle: ({ registry, names: [subject] }) => take(registry, one, subject),
    },
  ]
}

function put(
  { registry, body }: ConfluentCall,
  { setting, written, values, invalidCode }: Setting,
  subject: string | undefined,
): Promise<HttpResponse> {
  const value = body[written]
  if (typeof value !== 'string' || !values.includes(value)) {
    const known = values.join(', ')
    throw new ConfluentFault(invalidCode, `Invalid ${written}: expected one of ${known}`)
  }
  return registry.alone(async () => {
    await checkSubject(registry, subject)
    await registry.set(subject, setting, value)
    return reply({ [written]: value })
  })
}

/** Answers what it was. */
function take(
  registry: ConfluentRegistry,
  one: Setting,
  subject: string | undefined,
): Promise<HttpResponse> {
  return registry.alone(async () => {
    await checkSubject(registry, subject)
    const { setting, shown, fallback } = one
    const before = (await registry.settings(subject))?.[setting]
    if (before === undefined && subject !== undefined) throw notConfigured(one, subject)
    await registry.set(subject, setting, undefined)
    return reply({ [shown]: before ?? fallback })
  })
}

async function ownSetting(
  registry: ConfluentRegistry,
  { setting }: Setting,
  subject: string,
): Promise<string | undefined> {
  return (await registry.settings(subject))?.[setting]
}

async function checkSubject(
  registry: ConfluentRegistry,
  subject: string | undefined,
): Promise<void> {
  if (subject === undefined) return
  if ((await registry.settings(subject)) === undefined) throw subjectMissing(subject)
}

function notConfigured({ setting, missingCode }: Setting, subject: string): ConfluentFault {
  const message = `Subject '${subject}' does not have subject-level ${setting} configured`
  return new ConfluentFault(missingCode, message)
}
