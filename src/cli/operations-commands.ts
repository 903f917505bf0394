// The commands below `operations`.

import type { Command } from 'commander'
import { type CommandContext, createContext } from './context.ts'
import type { CliIo } from './io.ts'
import {
  runOperationsCancel,
  runOperationsLs,
  runOperationsShow,
  runOperationsWatch,
} from './operations.ts'

export function addOperationsCommands(program: Command, io: CliIo, run: { code: number }): void {
  const operations = program
    .command('operations')
    .description('bulk work that runs in the server: see, wait for, end')
  const ls = operations.command('ls').description('those that run or ended lately, newest first')
  ls.action(async () => {
    run.code = await runOperationsLs(createContext(ls, io))
  })
  const named = (
    name: string,
    summary: string,
    act: (context: CommandContext, id: string) => Promise<number>,
  ): void => {
    const command = operations.command(name).description(summary)
    command.argument('<id>', 'id of the operation').action(async (id: string) => {
      run.code = await act(createContext(command, io), id)
    })
  }
  named('show', 'one, and how far it is', runOperationsShow)
  named('watch', 'show the progress until it has ended', runOperationsWatch)
  named('cancel', 'end one where it is; what it did stays done', runOperationsCancel)
}
