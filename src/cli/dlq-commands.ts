// The commands below `dlq`.

import type { Command } from 'commander'
import { createContext } from './context.ts'
import { type DlqOptions, runDlqChange, runDlqLs, runDlqPeek } from './dlq.ts'
import type { CliIo } from './io.ts'

export function addDlqCommands(program: Command, io: CliIo, run: { code: number }): void {
  const dlq = program
    .command('dlq')
    .description('deliveries that were given up, and dead-letter queues: see, retry, forget')
  const filtered = (name: string, summary: string): Command =>
    dlq
      .command(name)
      .description(summary)
      .option('--bus <name>', 'only those of one bus')
      .option('--rule <name>', 'only those of one rule')
      .option('--target <id>', 'only those of one target')
      .option('--error <code>', 'only those that ended with this error')
  const changing = (name: string, summary: string): Command =>
    filtered(name, summary)
      .option('--queue <queue>', 'in their place the messages of a dead-letter queue, name or ARN')
      .option('--rate <number>', 'at most so many a second')
      .option('--dry-run', 'only say how many there are')
      .option('--detach', 'print the id of the operation and leave it going')
  const ls = filtered('ls', 'all of them, with why').option(
    '--queue <queue>',
    'in their place the messages of a queue, name or ARN, which nobody receives by it',
  )
  ls.action(async () => {
    run.code = await runDlqLs(createContext(ls, io), ls.opts<DlqOptions>())
  })
  const peek = dlq
    .command('peek')
    .description('one of them, with its event')
    .argument('<id>', 'as `ls` shows it last')
    .option('--queue <queue>', 'a message of this queue')
  peek.action(async (id: string) => {
    run.code = await runDlqPeek(createContext(peek, io), id, peek.opts<DlqOptions>())
  })
  const redrive = changing('redrive', 'let them be tried again, from the first attempt').option(
    '--to <queue>',
    'with --queue: to this queue, not where they came from',
  )
  redrive.action(async () => {
    const context = createContext(redrive, io)
    run.code = await runDlqChange(context, 'redrive', redrive.opts<DlqOptions>())
  })
  const purge = changing('purge', 'keep them no longer').option('--yes', 'mean it')
  purge.action(async () => {
    const context = createContext(purge, io)
    run.code = await runDlqChange(context, 'purge', purge.opts<DlqOptions>())
  })
}
