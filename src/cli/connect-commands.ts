// The commands below `connect`.

import type { Command } from 'commander'
import { type BrowseOptions, runConnectBrowse } from './browse.ts'
import { runConnectLs, runConnectTest } from './connect.ts'
import { createContext } from './context.ts'
import type { CliIo } from './io.ts'

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
}
