// The tables, as a list of migrations that only grows. Hot tables have integer keys that only rise, so that
// writes land on few pages; an index on something random would cost a page per row.
//
//   rows, changes            resources and their history: state at N = rows with changes after N undone
//   deliveries, cursors      what did not succeed at first, and how far readers are
//   attempts, attempt_blocks history by event: a block holds 32-bit hashes of its attempts' event ids, in order
//   messages, message_groups queues: a group row says when the group's head may next be received
//   message_batches          messages sent by reference that nobody has received yet, many to a row
//   dedupe                   what ingress remembers, many entries a row
//   counters                 revision, compacted, and the last sequences given out

import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../../base/index.ts'

interface Migration {
  readonly version: number
  readonly sql: string
}

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

      CREATE TABLE rows (
        kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
        value TEXT NOT NULL, labels TEXT NOT NULL,
        revision INTEGER NOT NULL, created_revision INTEGER NOT NULL
      );
      CREATE UNIQUE INDEX rows_key ON rows (kind, namespace, name);

      CREATE TABLE changes (
        revision INTEGER NOT NULL, ordinal INTEGER NOT NULL,
        kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
        value TEXT, labels TEXT, created_revision INTEGER,
        before_value TEXT, before_labels TEXT,
        before_revision INTEGER, before_created_revision INTEGER,
        PRIMARY KEY (revision, ordinal)
      ) WITHOUT ROWID;

      CREATE TABLE cursors (
        reader TEXT PRIMARY KEY, epoch INTEGER NOT NULL, generation INTEGER NOT NULL,
        positions TEXT NOT NULL
      ) WITHOUT ROWID;

      CREATE TABLE deliveries (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
        bus_key TEXT NOT NULL, rule_key TEXT NOT NULL, rule_name TEXT NOT NULL,
        target_id TEXT NOT NULL, event_id TEXT NOT NULL, state TEXT NOT NULL,
        attempts INTEGER NOT NULL, first_attempt_at INTEGER NOT NULL,
        last_attempt_at INTEGER NOT NULL, due_at INTEGER NOT NULL,
        error_code TEXT NOT NULL, error_message TEXT NOT NULL,
        record BLOB, exhausted TEXT
      );
      CREATE INDEX deliveries_due ON deliveries (rule_key, target_id, due_at)
        WHERE state = 'pending';
      CREATE INDEX deliveries_position ON deliveries (log_partition, log_offset);
      CREATE INDEX deliveries_dead ON deliveries (id) WHERE state = 'dead';

      CREATE TABLE attempts (
        seq INTEGER PRIMARY KEY, delivery_id TEXT NOT NULL, event_id TEXT NOT NULL,
        bus_key TEXT NOT NULL, rule_name TEXT NOT NULL, target_id TEXT NOT NULL,
        attempt INTEGER NOT NULL, at INTEGER NOT NULL, duration_ms REAL NOT NULL,
        result TEXT NOT NULL, error_code TEXT, error_message TEXT
      );
      CREATE TABLE attempt_blocks (
        first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, last_at INTEGER NOT NULL,
        hashes BLOB NOT NULL
      );

      CREATE TABLE queues (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
      CREATE TABLE messages (
        seq INTEGER PRIMARY KEY, queue INTEGER NOT NULL,
        visible_at INTEGER NOT NULL, receive_count INTEGER NOT NULL DEFAULT 0,
        first_received_at INTEGER NOT NULL DEFAULT 0,
        sent_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        id TEXT NOT NULL, sender TEXT NOT NULL, group_id TEXT, deduplication_id TEXT,
        moved_from TEXT, attributes TEXT, body BLOB,
        log_partition INTEGER, log_offset INTEGER,
        CHECK ((body IS NULL) = (log_offset IS NOT NULL))
      );
      CREATE INDEX messages_reference ON messages (log_partition, log_offset)
        WHERE log_offset IS NOT NULL;
      CREATE INDEX messages_visible ON messages (queue, visible_at, receive_count, sent_at);
      CREATE INDEX messages_expiry ON messages (expires_at);
      CREATE INDEX messages_group ON messages (queue, group_id, seq) WHERE group_id IS NOT NULL;
      CREATE INDEX messages_flight ON messages (queue, group_id, visible_at)
        WHERE group_id IS NOT NULL AND receive_count > 0;
      CREATE TABLE message_groups (
        queue INTEGER NOT NULL, group_id TEXT NOT NULL, ready_at INTEGER NOT NULL,
        PRIMARY KEY (queue, group_id)
      ) WITHOUT ROWID;
      CREATE INDEX message_groups_ready ON message_groups (queue, ready_at);
      CREATE TABLE message_deduplications (
        queue INTEGER NOT NULL, deduplication_id TEXT NOT NULL,
        id TEXT NOT NULL, seq INTEGER NOT NULL, until INTEGER NOT NULL,
        PRIMARY KEY (queue, deduplication_id)
      ) WITHOUT ROWID;
      CREATE INDEX message_deduplications_until ON message_deduplications (until);

      CREATE TABLE dedupe (
        seq INTEGER PRIMARY KEY, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
        entries BLOB NOT NULL
      );
    `,
  },
  {
    version: 2,
    sql: `
      CREATE TABLE message_batches (
        seq INTEGER PRIMARY KEY, queue INTEGER NOT NULL,
        visible_at INTEGER NOT NULL, sent_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
        id_prefix TEXT NOT NULL, sender TEXT NOT NULL,
        log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
        next INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL, offsets BLOB NOT NULL
      );
      CREATE INDEX message_batches_visible ON message_batches (queue, visible_at);
      CREATE INDEX message_batches_reference ON message_batches (log_partition, log_offset);
      CREATE INDEX message_batches_expiry ON message_batches (expires_at);
    `,
  },
  {
    version: 3,
    sql: 'ALTER TABLE messages ADD COLUMN received_elsewhere INTEGER NOT NULL DEFAULT 0',
  },
]

const NEWEST_VERSION = MIGRATIONS.at(-1)!.version

/** Brings the tables to the newest version, each step in a transaction of its own. */
export function migrate(db: DatabaseSync): void {
  db.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)')
  const version = versionOf(db)
  if (version > NEWEST_VERSION)
    throw new AppError(
      'STORAGE_FAILED',
      `the database has schema version \`${version}\`, this program knows versions up to \`${NEWEST_VERSION}\``,
    )
  for (const migration of MIGRATIONS) {
    if (migration.version <= version) continue
    db.exec('BEGIN IMMEDIATE')
    db.exec(migration.sql)
    db.exec('DELETE FROM schema_version')
    db.prepare('INSERT INTO schema_version (version) VALUES (?)').run(migration.version)
    db.exec('COMMIT')
  }
}

function versionOf(db: DatabaseSync): number {
  const row = db.prepare('SELECT version FROM schema_version').get()
  return row === undefined ? 0 : Number(row['version'])
}
