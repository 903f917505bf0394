// The commands below `audit`.

import { type Command, Option } from 'commander'
import { type AuditOptions, runAuditLs } from './audit.ts'
import { createContext } from './context.ts'
import type { CliIo } from './io.ts'

export function addAuditCommands(program: Command, io: CliIo, run: { code: number }): void {
  const audit = program.command('audit').description('who did what, and how it ended')
  const ls = audit
    .command('ls')
    .description('the records, oldest first')
    .option('--who <name>', 'only what this user or access key did')
    .option('--action <name>', 'only this, such as publish, redrive or events:PutRule')
    .option('--on <text>', 'only what was done to something with this in its name')
    .addOption(new Option('--result <result>', 'only what ended so').choices(RESULTS))
    .addOption(new Option('--plane <plane>', 'only events, or only all else').choices(PLANES))
    .option('--since <time>', 'from this time on, or so long ago (2h)')
    .option('--until <time>', 'before this time, or so long ago')
    .option('--after <number>', 'behind the record of this number')
    .option('--limit <number>', 'at most so many')
    .option('--follow', 'go on with what is recorded from now on')
  ls.action(async () => {
    run.code = await runAuditLs(createContext(ls, io), ls.opts<AuditOptions>())
  })
}

const RESULTS = ['ok', 'denied', 'failed']
const PLANES = ['data', 'control']
