// The commands below `roost`.

import type { Command } from 'commander'
import type { RoostLetterFilter, RoostReplayWish } from '../client/index.ts'
import { createContext } from './context.ts'
import type { CliIo } from './io.ts'
import {
  type RoostRedriveOptions,
  runRoostLetters,
  runRoostPurge,
  runRoostRedrive,
  runRoostReplay,
  runRoostReset,
  runRoostStatus,
} from './roost.ts'

export function addRoostCommands(program: Command, io: CliIo, run: { code: number }): void {
  const roost = program
    .command('roost')
    .description('the roost keeper: events of ManagedRoosts on Kafka, and triggers from there')
  const status = roost.command('status').description('how it is; fails when it is not well')
  status.action(async () => {
    run.code = await runRoostStatus(createContext(status, io))
  })
  const letters = roost
    .command('letters')
    .description('its dead letters, oldest first')
    .option('--type <type>', 'only those of one type of event')
  letters.action(async () => {
    run.code = await runRoostLetters(createContext(letters, io), letters.opts<RoostLetterFilter>())
  })
  const redrive = filtered(roost, 'redrive', 'try dead letters again, those that are held too')
    .option('--rate <count>', 'at most so many a second')
    .option('--detach', 'leave it to the server; `signalbox operations` shows and cancels it')
  redrive.action(async () => {
    const context = createContext(redrive, io)
    run.code = await runRoostRedrive(context, redrive.opts<RoostRedriveOptions>())
  })
  const purge = filtered(roost, 'purge', 'keep dead letters no longer').option('--yes', 'mean it')
  purge.action(async () => {
    const context = createContext(purge, io)
    run.code = await runRoostPurge(context, purge.opts<RoostLetterFilter & { yes?: boolean }>())
  })
  const reset = roost.command('reset').description('close its circuit breaker by hand')
  reset.action(async () => {
    run.code = await runRoostReset(createContext(reset, io))
  })
  const replay = roost
    .command('replay')
    .description('publish events of a span of time again')
    .option('--from <time>', 'RFC 3339, included')
    .option('--to <time>', 'RFC 3339, not included')
    .option('--types <types>', 'only these, commas between')
    .option('--topic <topic>', 'into another topic than they came from')
  replay.action(async () => {
    run.code = await runRoostReplay(createContext(replay, io), replay.opts<RoostReplayWish>())
  })
}

function filtered(roost: Command, name: string, summary: string): Command {
  return roost
    .command(name)
    .description(summary)
    .option('--id <id>', 'only this one')
    .option('--type <type>', 'only those of one type of event')
}
