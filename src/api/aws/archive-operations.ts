// CreateArchive, DescribeArchive, ListArchives, UpdateArchive, DeleteArchive.

import { ARCHIVE_STATE, type ArchiveReport, type ArchiveUses } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface NameInput {
  readonly ArchiveName: string
}

interface SettingsInput extends NameInput {
  readonly Description?: string
  readonly EventPattern?: string
  readonly RetentionDays?: number
  readonly KmsKeyIdentifier?: string
}

interface CreateInput extends SettingsInput {
  readonly EventSourceArn: string
}

interface ListInput {
  readonly NamePrefix?: string
  readonly EventSourceArn?: string
  readonly State?: string
  readonly Limit?: number
  readonly NextToken?: string
}

export function archiveOperations(archives: ArchiveUses): readonly AwsOperation[] {
  return [
    operation<CreateInput>('events', 'CreateArchive', async (input, scope) => {
      const { ArchiveName: name, EventSourceArn: bus } = input
      const archive = await archives.create(scope, { name, bus, ...decodeSettings(input) })
      return { ArchiveArn: archive.arn, State: ARCHIVE_STATE, CreationTime: archive.createdAt }
    }),
    operation<NameInput>('events', 'DescribeArchive', async (input, scope) => {
      const archive = await archives.get(scope, input.ArchiveName)
      const { arn, spec } = archive
      return {
        ArchiveArn: arn,
        ...encodeListed(archive),
        Description: spec.description,
        EventPattern: spec.pattern,
        KmsKeyIdentifier: spec.kmsKeyIdentifier,
      }
    }),
    operation<ListInput>('events', 'ListArchives', async (input, scope) => {
      const page = await archives.list(scope, {
        namePrefix: input.NamePrefix,
        busArn: input.EventSourceArn,
        state: input.State,
        limit: input.Limit,
        token: input.NextToken,
      })
      return { Archives: page.items.map(encodeListed), NextToken: page.nextToken }
    }),
    operation<SettingsInput>('events', 'UpdateArchive', async (input, scope) => {
      const archive = await archives.update(scope, input.ArchiveName, decodeSettings(input))
      return { ArchiveArn: archive.arn, State: ARCHIVE_STATE, CreationTime: archive.createdAt }
    }),
    operation<NameInput>('events', 'DeleteArchive', async (input, scope) => {
      await archives.delete(scope, input.ArchiveName)
      return {}
    }),
  ]
}

function decodeSettings(input: SettingsInput): {
  readonly description: string | undefined
  readonly pattern: string | undefined
  readonly retentionDays: number | undefined
  readonly kmsKeyIdentifier: string | undefined
} {
  return {
    description: input.Description,
    pattern: input.EventPattern,
    retentionDays: input.RetentionDays,
    kmsKeyIdentifier: input.KmsKeyIdentifier,
  }
}

function encodeListed({ spec, busArn, createdAt, stats }: ArchiveReport): object {
  return {
    ArchiveName: spec.name,
    EventSourceArn: busArn,
    State: ARCHIVE_STATE,
    RetentionDays: spec.retentionDays,
    SizeBytes: stats.sizeBytes,
    EventCount: stats.events,
    CreationTime: createdAt,
  }
}
