// The audit log of this process: it hears what the rooms tell of what was done, and is read over our own API. It is
// opened before every room and outlives them, also when the server is emptied: that it was emptied stands in it.

import { join } from 'node:path'
import type { AuditDeps } from './api/index.ts'
import type { AppOptions, Closers } from './app-options.ts'
import { AuditLog } from './audit/index.ts'
import { type Audited, channels, type SourceRead } from './base/index.ts'
import { LOCAL_BROKER } from './model/index.ts'

export async function openAudit(
  { config, clock, logger }: AppOptions,
  closers: Closers,
): Promise<AuditDeps> {
  const log = await AuditLog.open({
    directory: join(config.dataDir, 'audit'),
    ...config.audit,
    clock,
    logger: logger.child({ room: 'audit' }),
  })
  const onAudited = (audited: unknown): void => log.record(audited as Audited)
  const onRead = (read: unknown): void => log.record(recordOf(read as SourceRead))
  channels.audited.subscribe(onAudited)
  channels.sourceRead.subscribe(onRead)
  closers.add(async () => {
    channels.audited.unsubscribe(onAudited)
    channels.sourceRead.unsubscribe(onRead)
    await log.close()
  })
  return { list: (query) => log.list(query) }
}

/** A batch that a source took in; our own NATS listener is one whose clients publish here. */
function recordOf({ source, records, rejected }: SourceRead): Audited {
  const isLocal = source === LOCAL_BROKER
  return {
    plane: 'data',
    action: isLocal ? 'publish' : 'consume',
    who: isLocal ? 'nats' : 'system:source',
    from: source,
    on: `sources/${source}`,
    result: records > 0 && rejected === records ? 'failed' : 'ok',
    count: records,
  }
}
