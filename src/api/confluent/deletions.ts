// Deleting: softly first, then for good. What is deleted softly is found by its id and by who asks for what is deleted, and
// is nobody's newest version.
//
//   live ── DELETE ──▶ deleted ── DELETE ?permanent=true ──▶ gone
//    ▲─────── registered again ─┘

import type { HttpResponse } from '../http/exchange.ts'
import { checkWritable } from './compatibility.ts'
import type { ConfluentRegistry, ConfluentVersion } from './deps.ts'
import { findVersion, versionsOf } from './lookups.ts'
import { referrersOf } from './referrers.ts'
import { everyVersion } from './subjects.ts'
import { ConfluentFault, reply } from './replies.ts'
import { type ConfluentCall, type ConfluentRoute, isTrue } from './route.ts'

const ALL = { hasDeleted: true }

export const DELETION_ROUTES: readonly ConfluentRoute[] = [
  { method: 'DELETE', path: '/subjects/*', operation: 'deleteSubject', handle: deleteSubject },
  {
    method: 'DELETE',
    path: '/subjects/*/versions/*',
    operation: 'deleteVersion',
    handle: deleteVersion,
  },
]

function deleteSubject({ registry, names, query }: ConfluentCall): Promise<HttpResponse> {
  const subject = names[0]!
  return registry.alone(async () => {
    const all = await versionsOf(registry, subject, ALL)
    await checkWritable(registry, subject)
    const live = all.filter(({ isDeleted }) => !isDeleted)
    if (isTrue(query, 'permanent')) {
      if (live.length > 0) throw notDeletedFirst(40405, `Subject '${subject}'`)
      await registry.deleteSubject(subject)
      return reply(all.map(({ version }) => version))
    }
    if (live.length === 0) throw deletedBefore(40404, `Subject '${subject}'`)
    await checkNotReferenced(registry, live)
    await registry.markDeleted(
      subject,
      all.map(({ version }) => version),
    )
    return reply(live.map(({ version }) => version))
  })
}

function deleteVersion({
  registry,
  names: [subject, version],
  query,
}: ConfluentCall): Promise<HttpResponse> {
  const isPermanent = isTrue(query, 'permanent')
  return registry.alone(async () => {
    // The newest is the newest of those that can be deleted so.
    const isNumber = /^\d+$/.test(version!)
    const found = await findVersion(registry, subject!, version!, { hasDeleted: isNumber })
    await checkWritable(registry, subject!)
    const all = await versionsOf(registry, subject!, ALL)
    const what = `Subject '${subject!}' Version ${found.version}`
    if (isPermanent && !found.isDeleted) throw notDeletedFirst(40407, what)
    if (!isPermanent && found.isDeleted) throw deletedBefore(40406, what)
    if (isPermanent) {
      // A subject without a version is none.
      if (all.length === 1) await registry.deleteSubject(subject!)
      else {
        await registry.deleteVersion(subject!, found.version)
        await registry.markDeleted(subject!, deletedIn(all, found.version, false))
      }
    } else {
      await checkNotReferenced(registry, [found])
      await registry.markDeleted(subject!, deletedIn(all, found.version, true))
    }
    return reply(found.version)
  })
}

/** The deleted ones once this one is, or is not. */
function deletedIn(
  all: readonly ConfluentVersion[],
  changed: number,
  isDeleted: boolean,
): readonly number[] {
  return all
    .filter((one) => (one.version === changed ? isDeleted : one.isDeleted))
    .map(({ version }) => version)
}

/** Throws where something live refers to one of these. */
async function checkNotReferenced(
  registry: ConfluentRegistry,
  versions: readonly ConfluentVersion[],
): Promise<void> {
  const live = (await everyVersion(registry)).filter(({ isDeleted }) => !isDeleted)
  for (const { subject, version } of versions) {
    if (referrersOf(live, subject, version).length === 0) continue
    const message = `One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=${subject},version=${version}}.`
    throw new ConfluentFault(42206, message)
  }
}

function deletedBefore(code: number, what: string): ConfluentFault {
  const message = `${what} was soft deleted. Set permanent=true to delete permanently`
  return new ConfluentFault(code, message)
}

function notDeletedFirst(code: number, what: string): ConfluentFault {
  const message = `${what} was not deleted first before being permanently deleted`
  return new ConfluentFault(code, message)
}
