// The commands below `signalbox schedule`.

import { Command } from 'commander'
import { createContext } from './context.ts'
import type { CliIo } from './io.ts'
import {
  runScheduleList,
  runScheduleNext,
  type ScheduleNextOptions,
  runScheduleState,
  runScheduleTrigger,
} from './schedule.ts'

const NAMED = 'ARN, rule name, or group/name (the group may be left out if default)'

/** `done` is given the exit code. */
export function addScheduleCommands(
  program: Command,
  io: CliIo,
  done: (code: number) => void,
): void {
  const schedule = program
    .command('schedule')
    .description('what fires by the clock: rules with a schedule, and schedules')
  const list = schedule.command('ls').description('list them, with when they fire next')
  list.action(async () => done(await runScheduleList(createContext(list, io))))
  const next = schedule
    .command('next')
    .description('show the next times of an expression, or of one of the server')
    .argument('<schedule>', `expression such as 'cron(0 2 * * ? *)', or ${NAMED}`)
    .option('--timezone <name>', 'time zone of the expression (default UTC)')
    .option('--count <number>', 'how many times (default 10)')
  next.action(async () => {
    const [text = ''] = next.args
    done(await runScheduleNext(createContext(next, io), next.opts<ScheduleNextOptions>(), text))
  })
  const trigger = schedule
    .command('trigger')
    .description('fire one now, beside its times')
    .argument('<schedule>', NAMED)
  trigger.action(async () => {
    done(await runScheduleTrigger(createContext(trigger, io), trigger.args[0] ?? ''))
  })
  for (const verb of ['pause', 'resume'] as const) {
    const command = schedule
      .command(verb)
      .description(verb === 'pause' ? 'stop one from firing' : 'let one fire again, from now on')
      .argument('<schedule>', NAMED)
    command.action(async () => {
      done(await runScheduleState(createContext(command, io), command.args[0] ?? '', verb))
    })
  }
}
