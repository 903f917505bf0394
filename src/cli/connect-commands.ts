// The commands below `connect`.

import type { Command } from 'commander'
import { type BrowseOptions, runConnectBrowse } from './browse.ts'
import { runConnectLs, runConnectTest } from './connect.ts'
import { createContext } from './context.ts'
import type { CliIo } from './io.ts'
import { type MirrorOptions, runConnectMirror, runConnectRollback } from './mirror.ts'

export function addConnectCommands(
  program: Command,
  io: CliIo,
  run: { code: number | undefined },
): void {
  const connect = program.command('connect').description('show brokers, and what sources do')
  const ls = connect
    .command('ls')
    .description('all brokers and sources, and how far behind each is')
  ls.action(async () => {
    run.code = await runConnectLs(createContext(ls, io))
  })
  const test = connect.command('test').description('fail when a source that should read does not')
  test.argument('[source]', 'name of a source; all when absent')
  test.action(async (name: string | undefined) => {
    run.code = await runConnectTest(createContext(test, io), name)
  })
  const browse = connect
    .command('browse')
    .description('what lies on a broker, who reads it and how far behind; or the newest records')
    .argument('<broker>', 'name of a broker')
    .argument('[place]', 'a topic or stream, or a subject, which is listened to for a moment')
    .option('--limit <count>', 'at most this many records')
  browse.action(async (broker: string, place: string | undefined) => {
    const context = createContext(browse, io)
    run.code = await runConnectBrowse(context, broker, place, browse.opts<BrowseOptions>())
  })
  const mirror = connect
    .command('mirror')
    .description(
      'copy a topic into another while this runs; a mirror of a name goes on where it was',
    )
    .argument('<from>', 'kafka://BROKER/TOPIC')
    .argument('<to>', 'kafka://BROKER/TOPIC')
    .requiredOption('--name <name>', 'of the mirror; it reads as signalbox-mirror-NAME')
    .option('--path <path>', 'copy this part of a JSON value: $.order')
    .option('--template <text>', 'copy what the template makes of a JSON value: {"id":<id>}')
    .option('--paths <json>', 'the names in it: {"id":"$.order.id"}')
    .option('--until-end', 'end when all is copied')
    .option('--detach', 'run in the server, as an operation, also after a restart')
  mirror.action(async (from: string, to: string) => {
    const context = createContext(mirror, io)
    run.code = await runConnectMirror(context, from, to, mirror.opts<MirrorOptions>())
  })
  const rollback = connect
    .command('rollback')
    .description('where a mirror that does not run goes on')
    .argument('<from>', 'kafka://BROKER/TOPIC that it reads')
    .requiredOption('--name <name>', 'of the mirror')
    .requiredOption('--to <place>', 'earliest, latest, a time (RFC 3339), or -COUNT records back')
  rollback.action(async (from: string) => {
    const context = createContext(rollback, io)
    const options = rollback.opts<{ name: string; to: string }>()
    run.code = await runConnectRollback(context, from, options)
  })
}
