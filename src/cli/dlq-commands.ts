// The commands below `dlq`.

import type { Command } from 'commander'
import { createContext } from './context.ts'
import { type DlqOptions, runDlqChange, runDlqLs } from './dlq.ts'
import type { CliIo } from './io.ts'

export function addDlqCommands(program: Command, io: CliIo, run: { code: number }): void {
  const dlq = program
    .command('dlq')
    .description('deliveries that were given up: see, retry, forget')
  const filtered = (name: string, summary: string): Command =>
    dlq
      .command(name)
      .description(summary)
      .option('--bus <name>', 'only those of one bus')
      .option('--rule <name>', 'only those of one rule')
  const ls = filtered('ls', 'all of them, with why')
  ls.action(async () => {
    run.code = await runDlqLs(createContext(ls, io), ls.opts<DlqOptions>())
  })
  const redrive = filtered('redrive', 'let them be tried again, from the first attempt')
    .option('--rate <number>', 'at most so many a second')
    .option('--dry-run', 'only say how many there are')
  redrive.action(async () => {
    const context = createContext(redrive, io)
    run.code = await runDlqChange(context, 'redrive', redrive.opts<DlqOptions>())
  })
  const purge = filtered('purge', 'keep them no longer')
    .option('--rate <number>', 'at most so many a second')
    .option('--dry-run', 'only say how many there are')
    .option('--yes', 'mean it')
  purge.action(async () => {
    const context = createContext(purge, io)
    run.code = await runDlqChange(context, 'purge', purge.opts<DlqOptions>())
  })
}
