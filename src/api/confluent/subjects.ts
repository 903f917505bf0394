// Subjects, their versions, and schemas by id.

import type { HttpResponse } from '../http/exchange.ts'
import { checkCompatible, checkWritable } from './compatibility.ts'
import type { ConfluentRegistry, ConfluentVersion } from './deps.ts'
import { referrersOf } from './referrers.ts'
import { contentIn, findVersion, type Sight, sightOf, versionsOf } from './lookups.ts'
import { ConfluentFault, reply, schemaMissing } from './replies.ts'
import { type ConfluentCall, type ConfluentRoute, isTrue, pageIn } from './route.ts'

export const SUBJECT_ROUTES: readonly ConfluentRoute[] = [
  { method: 'GET', path: '/subjects', operation: 'listSubjects', handle: listSubjects },
  { method: 'POST', path: '/subjects/*', operation: 'lookUpSchema', handle: lookUp },
  {
    method: 'GET',
    path: '/subjects/*/versions',
    operation: 'listVersions',
    handle: listVersions,
  },
  { method: 'POST', path: '/subjects/*/versions', operation: 'registerSchema', handle: register },
  {
    method: 'GET',
    path: '/subjects/*/versions/*',
    operation: 'getVersion',
    handle: async (call) => reply(describe(await versionIn(call))),
  },
  {
    method: 'GET',
    path: '/subjects/*/versions/*/schema',
    operation: 'getVersionSchema',
    handle: async (call) => raw((await versionIn(call)).schema),
  },
  {
    method: 'GET',
    path: '/subjects/*/versions/*/referencedby',
    operation: 'listReferences',
    handle: listReferences,
  },
  { method: 'GET', path: '/schemas', operation: 'listSchemas', handle: listSchemas },
  {
    method: 'GET',
    path: '/schemas/types',
    operation: 'listTypes',
    handle: () => reply(['JSON']),
  },
  {
    method: 'GET',
    path: '/schemas/ids/*',
    operation: 'getSchemaById',
    handle: async (call) => {
      const [{ schema, references }] = await withId(call, { hasDeleted: true })
      return reply({ schemaType: 'JSON', schema, ...listed(references) })
    },
  },
  {
    method: 'GET',
    path: '/schemas/ids/*/schema',
    operation: 'getSchemaTextById',
    handle: async (call) => raw((await withId(call, { hasDeleted: true }))[0].schema),
  },
  {
    method: 'GET',
    path: '/schemas/ids/*/subjects',
    operation: 'listSubjectsOfId',
    handle: async (call) => reply([...new Set((await withId(call)).map(({ subject }) => subject))]),
  },
  {
    method: 'GET',
    path: '/schemas/ids/*/versions',
    operation: 'listVersionsOfId',
    handle: async (call) =>
      reply((await withId(call)).map(({ subject, version }) => ({ subject, version }))),
  },
]

async function listSubjects({ registry, query }: ConfluentCall): Promise<HttpResponse> {
  const prefix = query.get('subjectPrefix') ?? ''
  const isOnly = isTrue(query, 'deletedOnly')
  const hasDeleted = isOnly || isTrue(query, 'deleted')
  const wanted = (await registry.subjects()).filter(
    ({ subject, isDeleted }) =>
      subject.startsWith(prefix) && (hasDeleted || !isDeleted) && (isDeleted || !isOnly),
  )
  return reply(pageIn(query, wanted).map(({ subject }) => subject))
}

async function listVersions(call: ConfluentCall): Promise<HttpResponse> {
  const { registry, names, query } = call
  const isOnly = isTrue(query, 'deletedOnly')
  const sight = isOnly ? { hasDeleted: true } : sightOf(call)
  const versions = await versionsOf(registry, names[0]!, sight)
  const wanted = versions.filter(({ isDeleted }) => isDeleted || !isOnly)
  return reply(pageIn(query, wanted).map(({ version }) => version))
}

function versionIn(call: ConfluentCall): Promise<ConfluentVersion> {
  const [subject, version] = call.names
  return findVersion(call.registry, subject!, version!, sightOf(call))
}

async function listReferences(call: ConfluentCall): Promise<HttpResponse> {
  const { subject, version } = await versionIn(call)
  const all = await everyVersion(call.registry)
  const seen = all.filter(({ isDeleted }) => !isDeleted || sightOf(call).hasDeleted)
  return reply([...new Set(referrersOf(seen, subject, version).map(({ id }) => id))])
}

async function lookUp(call: ConfluentCall): Promise<HttpResponse> {
  const { registry, names } = call
  const versions = await versionsOf(registry, names[0]!, sightOf(call))
  const content = await contentIn(call)
  const found = versions.findLast((one) => registry.isSame(one.content, content))
  if (found === undefined) throw schemaMissing()
  return reply(describe(found))
}

/** What is there already is answered as it is, whatever the mode. */
function register(call: ConfluentCall): Promise<HttpResponse> {
  const { registry, names } = call
  const subject = names[0]!
  return registry.alone(async () => {
    const content = await contentIn(call)
    const all = (await registry.versions(subject)) ?? []
    const versions = all.filter(({ isDeleted }) => !isDeleted)
    const known = versions.findLast((one) => registry.isSame(one.content, content))
    if (known !== undefined) return reply(describe(known))
    await checkWritable(registry, subject)
    await checkCompatible(registry, { subject, content, versions })
    return reply(describe(await registry.register(subject, content)))
  })
}

async function listSchemas({ registry, query }: ConfluentCall): Promise<HttpResponse> {
  const prefix = query.get('subjectPrefix') ?? ''
  const hasDeleted = isTrue(query, 'deleted')
  const all = (await everyVersion(registry)).filter(
    ({ subject, isDeleted }) => subject.startsWith(prefix) && (hasDeleted || !isDeleted),
  )
  const isLatestOnly = isTrue(query, 'latestOnly')
  const latest = new Map(all.map((one) => [one.subject, one]))
  return reply((isLatestOnly ? [...latest.values()] : all).map(describe))
}

type Some<T> = readonly [T, ...T[]]

async function withId(
  { registry, names, query }: ConfluentCall,
  { hasDeleted }: Sight = sightOf({ query }),
): Promise<Some<ConfluentVersion>> {
  const id = Number(names[0])
  if (!Number.isInteger(id)) throw new ConfluentFault(404, 'HTTP 404: an id is a number')
  const [first, ...others] = (await everyVersion(registry)).filter(
    (one) => one.id === id && (hasDeleted || !one.isDeleted),
  )
  if (first === undefined) throw new ConfluentFault(40403, `Schema ${id} not found`)
  return [first, ...others]
}

/** Of every subject, the deleted ones too. */
export async function everyVersion(
  registry: ConfluentRegistry,
): Promise<readonly ConfluentVersion[]> {
  const all: ConfluentVersion[] = []
  for (const { subject } of await registry.subjects())
    all.push(...((await registry.versions(subject)) ?? []))
  return all
}

function describe({ subject, version, id, schema, references }: ConfluentVersion): object {
  return { subject, version, id, schemaType: 'JSON', schema, ...listed(references) }
}

/** Absent where there are none, as a registry answers. */
function listed(references: ConfluentVersion['references']): object {
  return references.length === 0 ? {} : { references }
}

function raw(schema: string): HttpResponse {
  return reply(JSON.parse(schema))
}
