// An archive: the events of one bus that match its pattern, kept so that they can be replayed.

import { FaultList, type Fields } from './fault-list.ts'
import type { Scope } from './kinds.ts'

export interface ArchiveSpec extends Scope {
  readonly name: string
  /** Name of the bus whose events it takes. */
  readonly bus: string
  readonly description?: string
  /** The pattern's text; absent = every event. */
  readonly pattern?: string
  /** Days after which an event leaves it; 0 = never. */
  readonly retentionDays: number
  readonly kmsKeyIdentifier?: string
}

/** Who manages the rule by which AWS shows that an archive listens to a bus. */
export const ARCHIVE_MANAGER = 'prod.vhs.events.aws.internal'

const RETENTION_DAYS_MAX = 36_500

export function checkArchive(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], { lengthMax: 48, pattern: /^[.\-_A-Za-z0-9]+$/ })
  faults.text('spec.bus', spec['bus'], { lengthMax: 256, pattern: /^[/.\-_A-Za-z0-9]+$/ })
  faults.text('spec.description', spec['description'], OPTIONAL_DESCRIPTION)
  faults.text('spec.pattern', spec['pattern'], { lengthMax: 4096, isOptional: true })
  faults.integer('spec.retentionDays', spec['retentionDays'], { min: 0, max: RETENTION_DAYS_MAX })
  faults.text('spec.kmsKeyIdentifier', spec['kmsKeyIdentifier'], {
    lengthMin: 0,
    lengthMax: 2048,
    isOptional: true,
  })
}

const OPTIONAL_DESCRIPTION = { lengthMin: 0, lengthMax: 512, isOptional: true }
