// What our own API shows of archives and replays, and asks of them.

import type {
  ArchiveDeps,
  ArchivedEventList,
  ArchiveEventsRequest,
  ArchiveStateView,
  ReplayRequest,
  ReplayStateView,
} from './api/index.ts'
import type { ArchiveRoom } from './app-archives.ts'
import { AppError, type Clock } from './base/index.ts'
import type { ArchiveReport, ReplayView } from './control/index.ts'
import { decodeStoredEvent } from './event/index.ts'
import {
  archiveArn,
  busArn,
  DEFAULT_ACCOUNT,
  parseArn,
  ruleArn,
  type Scope,
} from './model/index.ts'

const DEFAULT_SCOPE: Scope = { account: DEFAULT_ACCOUNT, region: 'us-east-1' }
const LATEST_SECONDS = 253_402_300_799

export function createArchiveDeps(
  { archiveUses, replayUses }: Pick<ArchiveRoom, 'archiveUses' | 'replayUses'>,
  clock: Pick<Clock, 'now'>,
): ArchiveDeps {
  return {
    async list(archive) {
      if (archive === undefined) return (await archiveUses.listEverywhere()).map(viewArchive)
      const { scope, name } = resolve(archive, 'archive')
      return [viewArchive(await archiveUses.get(scope, name))]
    },
    async create({ name, bus, ...settings }) {
      const scope = scopeOf(bus)
      await archiveUses.create(scope, { name, bus, ...settings })
      return viewArchive(await archiveUses.get(scope, name))
    },
    async delete(archive) {
      const { scope, name } = resolve(archive, 'archive')
      await archiveUses.delete(scope, name)
    },
    async events(request) {
      const { scope, name } = resolve(request.archive, 'archive')
      const { from: earliest = 0, to: latest = LATEST_SECONDS, limit } = request
      const { block, skip } = parsePlace(request)
      const query = { earliest, latest, limit, block, skip }
      return viewEvents(await archiveUses.events(scope, name, query))
    },
    async listReplays(replay) {
      if (replay === undefined) return (await replayUses.listEverywhere()).map(viewReplay)
      const { scope, name } = resolve(replay, 'replay')
      return [viewReplay(await replayUses.get(scope, name))]
    },
    startReplay: (request) => startReplay({ archiveUses, replayUses }, clock, request),
    async cancelReplay(replay) {
      const { scope, name } = resolve(replay, 'replay')
      return viewReplay(await replayUses.cancel(scope, name))
    },
  }
}

async function startReplay(
  { archiveUses, replayUses }: Pick<ArchiveRoom, 'archiveUses' | 'replayUses'>,
  clock: Pick<Clock, 'now'>,
  request: ReplayRequest,
): Promise<ReplayStateView> {
  const { scope, name } = resolve(request.archive, 'archive')
  const { spec } = await archiveUses.get(scope, name)
  const bus = request.bus ?? spec.bus
  const now = clock.now()
  const replay = await replayUses.start(scope, {
    name: request.name ?? `${name.slice(0, 40)}-${now}`,
    archiveArn: archiveArn(scope, name),
    earliest: request.from ?? 0,
    latest: request.to ?? Math.ceil(now / 1000),
    destinationArn: bus.startsWith('arn:') ? bus : busArn(scope, bus),
    ruleArns: request.rules.map((rule) =>
      rule.startsWith('arn:') ? rule : ruleArn(scope, bus, rule),
    ),
    ratePerSecond: request.ratePerSecond,
    who: request.who,
  })
  return viewReplay(replay)
}

function resolve(
  nameOrArn: string,
  type: 'archive' | 'replay',
): { readonly scope: Scope; readonly name: string } {
  const arn = parseArn(nameOrArn)
  if (arn === undefined) return { scope: DEFAULT_SCOPE, name: nameOrArn }
  const { account, region, resource } = arn
  if (resource.startsWith(`${type}/`)) {
    return { scope: { account, region }, name: resource.slice(type.length + 1) }
  }
  throw new AppError(
    'REQUEST_INVALID',
    `expected the name or ARN of ${type === 'archive' ? 'an archive' : 'a replay'}, got \`${nameOrArn}\``,
  )
}

function scopeOf(bus: string): Scope {
  const arn = parseArn(bus)
  return arn === undefined ? DEFAULT_SCOPE : { account: arn.account, region: arn.region }
}

function parsePlace({ after }: ArchiveEventsRequest): { block: number; skip: number } {
  if (after === undefined) return { block: 0, skip: 0 }
  const match = /^(\d{1,15}):(\d{1,9})$/.exec(after)
  if (match !== null) return { block: Number(match[1]), skip: Number(match[2]) }
  throw new AppError(
    'REQUEST_INVALID',
    `expected \`after\` to be what an answer before gave, got \`${after.slice(0, 100)}\``,
  )
}

function viewEvents({
  bytes,
  ends,
  next,
  skip,
  isLast,
}: Awaited<ReturnType<ArchiveRoom['archiveUses']['events']>>): ArchivedEventList {
  const items = Array.from(ends, (end, index) => {
    const record = bytes.subarray(index === 0 ? 0 : ends[index - 1]!, end)
    return JSON.parse(Buffer.from(decodeStoredEvent(record).envelope).toString()) as unknown
  })
  return { items, ...(isLast ? {} : { after: `${next}:${skip}` }) }
}

function viewArchive({ arn, spec, stats, createdAt }: ArchiveReport): ArchiveStateView {
  const { name, account, region, bus, description, pattern, retentionDays } = spec
  const { events, sizeBytes, storedBytes, damaged } = stats
  return {
    name,
    account,
    region,
    arn,
    bus,
    ...(description === undefined ? {} : { description }),
    ...(pattern === undefined ? {} : { pattern }),
    retentionDays,
    events,
    sizeBytes,
    storedBytes,
    damaged,
    createdAt,
  }
}

function viewReplay({ arn, spec, progress }: ReplayView): ReplayStateView {
  const { name, account, region, archive, bus, ruleArns, description, earliest, latest, who } = spec
  const { state, reason, events, lastEventTime, startedAt, endedAt } = progress
  return {
    name,
    account,
    region,
    arn,
    archive,
    bus,
    ...(ruleArns === undefined ? {} : { rules: ruleArns }),
    ...(description === undefined ? {} : { description }),
    state,
    ...(reason === undefined ? {} : { reason }),
    events,
    progress: shareOf(progress),
    from: earliest,
    to: latest,
    ...(lastEventTime === undefined ? {} : { lastEventTime }),
    ...(who === undefined ? {} : { who }),
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
  }
}

function shareOf({ state, block, first, until }: ReplayView['progress']): number {
  if (state === 'COMPLETED') return 1
  if (until === undefined || until === first) return 0
  return (block - first) / (until - first)
}
