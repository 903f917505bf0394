// Subjects, their versions, and schemas by id.

import type { HttpResponse } from '../http/exchange.ts'
import { checkCompatible, checkWritable } from './compatibility.ts'
import type { ConfluentRegistry, ConfluentVersion } from './deps.ts'
import { findVersion, schemaIn, versionsOf } from './lookups.ts'
import { ConfluentFault, reply, schemaMissing } from './replies.ts'
import type { ConfluentCall, ConfluentRoute } from './route.ts'

export const SUBJECT_ROUTES: readonly ConfluentRoute[] = [
  { method: 'GET', path: '/subjects', operation: 'listSubjects', handle: listSubjects },
  { method: 'POST', path: '/subjects/*', operation: 'lookUpSchema', handle: lookUp },
  { method: 'DELETE', path: '/subjects/*', operation: 'deleteSubject', handle: deleteSubject },
  {
    method: 'GET',
    path: '/subjects/*/versions',
    operation: 'listVersions',
    handle: async ({ registry, names: [subject] }) =>
      reply((await versionsOf(registry, subject!)).map(({ version }) => version)),
  },
  { method: 'POST', path: '/subjects/*/versions', operation: 'registerSchema', handle: register },
  {
    method: 'GET',
    path: '/subjects/*/versions/*',
    operation: 'getVersion',
    handle: async ({ registry, names: [subject, version] }) =>
      reply(describe(await findVersion(registry, subject!, version!))),
  },
  {
    method: 'GET',
    path: '/subjects/*/versions/*/schema',
    operation: 'getVersionSchema',
    handle: async ({ registry, names: [subject, version] }) =>
      raw((await findVersion(registry, subject!, version!)).schema),
  },
  {
    method: 'GET',
    path: '/subjects/*/versions/*/referencedby',
    operation: 'listReferences',
    // Schemas refer to nothing outside themselves.
    handle: () => reply([]),
  },
  {
    method: 'DELETE',
    path: '/subjects/*/versions/*',
    operation: 'deleteVersion',
    handle: deleteVersion,
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
      const [{ schema }] = await withId(call)
      return reply({ schemaType: 'JSON', schema })
    },
  },
  {
    method: 'GET',
    path: '/schemas/ids/*/schema',
    operation: 'getSchemaTextById',
    handle: async (call) => raw((await withId(call))[0].schema),
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
  return reply((await registry.subjects()).filter((subject) => subject.startsWith(prefix)))
}

async function lookUp(call: ConfluentCall): Promise<HttpResponse> {
  const { registry, names } = call
  const versions = await versionsOf(registry, names[0]!)
  const schema = schemaIn(call)
  const found = versions.findLast((one) => registry.isSame(one.schema, schema))
  if (found === undefined) throw schemaMissing()
  return reply(describe(found))
}

/** What is there already is answered as it is, whatever the mode. */
function register(call: ConfluentCall): Promise<HttpResponse> {
  const { registry, names } = call
  const subject = names[0]!
  const schema = schemaIn(call)
  return registry.alone(async () => {
    const versions = (await registry.versions(subject)) ?? []
    const known = versions.findLast((one) => registry.isSame(one.schema, schema))
    if (known !== undefined) return reply(describe(known))
    await checkWritable(registry, subject)
    await checkCompatible(registry, { subject, schema, versions })
    return reply(describe(await registry.register(subject, schema)))
  })
}

function deleteSubject({ registry, names }: ConfluentCall): Promise<HttpResponse> {
  const subject = names[0]!
  return registry.alone(async () => {
    const versions = await versionsOf(registry, subject)
    await checkWritable(registry, subject)
    await registry.deleteSubject(subject)
    return reply(versions.map(({ version }) => version))
  })
}

function deleteVersion({
  registry,
  names: [subject, version],
}: ConfluentCall): Promise<HttpResponse> {
  return registry.alone(async () => {
    const found = await findVersion(registry, subject!, version!)
    await checkWritable(registry, subject!)
    const { length } = await versionsOf(registry, subject!)
    // A subject without a version is none.
    if (length === 1) await registry.deleteSubject(subject!)
    else await registry.deleteVersion(subject!, found.version)
    return reply(found.version)
  })
}

async function listSchemas({ registry, query }: ConfluentCall): Promise<HttpResponse> {
  const prefix = query.get('subjectPrefix') ?? ''
  const all = (await everyVersion(registry)).filter(({ subject }) => subject.startsWith(prefix))
  const isLatestOnly = query.get('latestOnly') === 'true'
  const latest = new Map(all.map((one) => [one.subject, one]))
  return reply((isLatestOnly ? [...latest.values()] : all).map(describe))
}

type Some<T> = readonly [T, ...T[]]

async function withId({ registry, names }: ConfluentCall): Promise<Some<ConfluentVersion>> {
  const id = Number(names[0])
  if (!Number.isInteger(id)) throw new ConfluentFault(404, 'HTTP 404: an id is a number')
  const [first, ...others] = (await everyVersion(registry)).filter((one) => one.id === id)
  if (first === undefined) throw new ConfluentFault(40403, `Schema ${id} not found`)
  return [first, ...others]
}

async function everyVersion(registry: ConfluentRegistry): Promise<readonly ConfluentVersion[]> {
  const all: ConfluentVersion[] = []
  for (const subject of await registry.subjects())
    all.push(...((await registry.versions(subject)) ?? []))
  return all
}

function describe({ subject, version, id, schema }: ConfluentVersion): object {
  return { subject, version, id, schemaType: 'JSON', schema }
}

function raw(schema: string): HttpResponse {
  return reply(JSON.parse(schema))
}
