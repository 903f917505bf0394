// The command line: which commands there are and what each is given. `runCli` is the whole of it; the process
// around it (signals, exit) is main.ts's.

import { Command, CommanderError, Option } from 'commander'
import {
  envNameOf,
  envNameOfOption,
  type Option as ConfigOption,
  OPTIONS,
} from '../config/index.ts'
import {
  type ArchiveCreateOptions,
  type ArchiveEventsOptions,
  runArchiveCreate,
  runArchiveDelete,
  runArchiveEvents,
  runArchiveLs,
  runArchiveShow,
} from './archive.ts'
import { runCompletion } from './completion.ts'
import { createContext } from './context.ts'
import { runDoctor } from './doctor.ts'
import { type EmitOptions, runEmit } from './emit.ts'
import { runEndpointHealth, runEndpointList } from './endpoint.ts'
import { type EnvOptions, runEnv } from './env.ts'
import { type ExplainOptions, runExplain } from './explain.ts'
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts'
import { holdProcess } from './hold-process.ts'
import type { CliIo } from './io.ts'
import { type KubeconfigOptions, runKubeconfig } from './kubeconfig.ts'
import { addAccessCommands } from './access-commands.ts'
import { addAuditCommands } from './audit-commands.ts'
import { addDlqCommands } from './dlq-commands.ts'
import { addConnectCommands } from './connect-commands.ts'
import { addOperationsCommands } from './operations-commands.ts'
import { runPipeLs, runPipeShow, runPipeState } from './pipe.ts'
import {
  type ReplayStartOptions,
  runReplayCancel,
  runReplayLs,
  runReplayStart,
  runReplayWatch,
  runReset,
} from './replay.ts'
import { reportFailure, viewOf } from './report-error.ts'
import { addFlowCommands } from './flow-commands.ts'
import { addRoostCommands } from './roost-commands.ts'
import { addScheduleCommands } from './schedule-commands.ts'
import { addSchemaCommands } from './schema-commands.ts'
import { runServer } from './serve.ts'
import { runTail, type TailOptions } from './tail.ts'
import { runTest, type TestOptions } from './test-events.ts'
import { UsageError } from './usage-error.ts'
import { readVersion, runVersion } from './version.ts'

/** Runs one command line (without `node` and the script) and answers the exit code; never rejects. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const run: Run = { code: EXIT_CODES.ok }
  using _held = holdProcess()
  try {
    await createProgram(io, run).parseAsync(argv, { from: 'user' })
    return isStopped(io, run) ? stopCode(io) : run.code
  } catch (error) {
    if (isStopped(io, run)) return stopCode(io)
    return await fail(io, error, asksForJson(argv))
  }
}

interface Run {
  code: number
  /** A server drains by itself and says how it ended. */
  isServer?: boolean
}

function createProgram(io: CliIo, run: Run): Command {
  const program = new Command('signalbox')
  program
    .description('One event system, spoken to with the tools you already have.')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      // Said by `fail`, in the form that was asked for.
      outputError: () => {},
    })
    .exitOverride()
    .option('--config <file>', `configuration file (${envNameOf('config')})`)
    .addOption(new Option('-o, --output <form>', 'form of the output').choices(['line', 'json']))
    .version(readVersion(), '--version', 'show the version')
  for (const option of OPTIONS) if (isGlobal(option)) program.addOption(toFlag(option))
  addServerCommands(program, io, run)
  addEventCommands(program, io, run)
  addMatchCommands(program, io, run)
  addPipeCommands(program, io, run)
  addConnectCommands(program, io, run)
  addDlqCommands(program, io, run)
  addAuditCommands(program, io, run)
  addOperationsCommands(program, io, run)
  addScheduleCommands(program, io, (code) => {
    run.code = code
  })
  addEndpointCommands(program, io, run)
  addArchiveCommands(program, io, run)
  addReplayCommands(program, io, run)
  addSchemaCommands(program, io, run)
  addAccessCommands(program, io, run)
  addRoostCommands(program, io, run)
  addFlowCommands(program, io, run)
  addMachineCommands(program, io, run)
  return program
}

const GLOBAL_KEYS = new Set(['port', 'host', 'dataDir', 'endpointUrl'])

function isGlobal({ key }: ConfigOption): boolean {
  return GLOBAL_KEYS.has(key)
}

function toFlag(option: ConfigOption): Option {
  const { key, flag, type, doc } = option
  const notes = [
    option.default === undefined ? '' : `default ${option.default}`,
    envNameOfOption(option),
  ]
  const value = type === 'boolean' ? '' : ` <${type === 'integer' ? 'number' : type}>`
  const text = `${doc} (${notes.filter((note) => note !== '').join(', ')})`
  // Commander would name the value after the flag; we know it by its key.
  const made = new Option(`${flag!}${value}`, text)
  made.attributeName = () => key
  return made
}

function addServerCommands(program: Command, io: CliIo, run: Run): void {
  const summaries = {
    dev: 'start everything on this machine: loopback only, any credentials',
    start: 'start in production: authentication on',
  }
  for (const mode of ['dev', 'start'] as const) {
    const command = program.command(mode).description(summaries[mode])
    for (const option of OPTIONS) {
      const isFor = option.only === undefined || option.only === mode
      if (option.flag !== undefined && !isGlobal(option) && isFor) command.addOption(toFlag(option))
    }
    command.action(async () => {
      run.isServer = true
      run.code = await runServer(createContext(command, io), mode)
    })
  }
}

function addEventCommands(program: Command, io: CliIo, run: Run): void {
  const emit = program
    .command('emit')
    .description('send an event: the data as JSON, as @file, or as - for standard input')
    .argument('[type]', 'type of the event')
    .argument('[data]', 'JSON, @file or -')
    .option('--source <source>', 'source of the event (default signalbox.cli)')
    .option('--subject <subject>', 'subject of the event')
    .option('--bus <name>', 'bus to send to (default default)')
    .option('--detail-type <type>', "the type, by AWS's name for it")
    .option('--count <number>', 'send this many, each with an id of its own')
    .option('--rate <number>', 'events a second')
  emit.action(async () => {
    const context = createContext(emit, io)
    run.code = await runEmit(context, emit.opts<EmitOptions>(), emit.args)
  })
  const tail = program
    .command('tail')
    .description('show events as they come')
    .option('--bus <name>', 'only of this bus')
    .option('--type <type>', 'only of this type')
    .option('--pattern <json>', 'only those that match this event pattern')
  tail.action(async () => {
    run.code = await runTail(createContext(tail, io), tail.opts<TailOptions>())
  })
}

function addMatchCommands(program: Command, io: CliIo, run: Run): void {
  const explain = program
    .command('explain')
    .description('say why an event matches rules or does not, or why a rule has not fired')
    .argument('[event|rule]', 'event as a file, - or its id in the log; or a rule by name or ARN')
    .option('--bus <name>', 'bus whose rules are meant (default default)')
    .option('--rule <name>', 'only this rule, with its whole pattern')
    .option('--pattern <file>', 'this event pattern in place of rules; needs no server')
  explain.action(async () => {
    const context = createContext(explain, io)
    run.code = await runExplain(context, explain.opts<ExplainOptions>(), explain.args)
  })
  const test = program
    .command('test')
    .description('check which rules match events, for a build to fail on')
    .requiredOption('-e, --event <file...>', 'events: files that hold one or a list, or -')
    .option('--pattern <file...>', 'event patterns in place of rules; needs no server')
    .option('--bus <name>', 'bus whose rules are asked (default default)')
    .option('--expect <file>', 'rule names that should match, as JSON by event')
  test.action(async () => {
    run.code = await runTest(createContext(test, io), test.opts<TestOptions>())
  })
}

function addPipeCommands(program: Command, io: CliIo, run: Run): void {
  const pipe = program.command('pipe').description('show pipes, hold one, or let it go on')
  const ls = pipe.command('ls').description('all pipes and what they do')
  ls.action(async () => {
    run.code = await runPipeLs(createContext(ls, io))
  })
  const show = pipe.command('show').description('one pipe with its parameters')
  show.argument('<pipe>', 'name or ARN').action(async (name: string) => {
    run.code = await runPipeShow(createContext(show, io), name)
  })
  const summaries = {
    start: 'let a pipe read its source again',
    stop: 'hold a pipe; what it has in hand is finished',
  }
  for (const verb of ['start', 'stop'] as const) {
    const command = pipe.command(verb).description(summaries[verb])
    command.argument('<pipe>', 'name or ARN').action(async (name: string) => {
      run.code = await runPipeState(createContext(command, io), name, verb)
    })
  }
}

function addEndpointCommands(program: Command, io: CliIo, run: Run): void {
  const endpoint = program
    .command('endpoint')
    .description('see and set which of its two buses a global endpoint sends to')
  const list = endpoint.command('ls').description('show global endpoints and where each sends')
  list.action(async () => {
    run.code = await runEndpointList(createContext(list, io))
  })
  const turns = {
    failover: { health: 'unhealthy', summary: 'send to the secondary region' },
    restore: { health: 'healthy', summary: 'send to the primary region again' },
  } as const
  for (const [name, { health, summary }] of Object.entries(turns)) {
    const command = endpoint
      .command(name)
      .description(summary)
      .argument('<endpoint>', 'name, id or ARN')
    command.action(async () => {
      const context = createContext(command, io)
      run.code = await runEndpointHealth(context, command.args[0]!, health)
    })
  }
}

function addArchiveCommands(program: Command, io: CliIo, run: Run): void {
  const archive = program.command('archive').description('keep the events of a bus, look at them')
  const ls = archive.command('ls').description('all archives and what they hold')
  ls.action(async () => {
    run.code = await runArchiveLs(createContext(ls, io))
  })
  const show = archive.command('show').description('one archive')
  show.argument('<archive>', 'name or ARN').action(async (name: string) => {
    run.code = await runArchiveShow(createContext(show, io), name)
  })
  const create = archive
    .command('create')
    .description('keep the events of a bus from now on')
    .argument('<name>', 'name of the archive')
    .option('--bus <name>', 'bus, or its ARN (default default)')
    .option('--pattern <json>', 'only events that match this pattern')
    .option('--days <number>', 'days after which an event goes (default never)')
    .option('--description <text>', 'what it is for')
  create.action(async (name: string) => {
    const context = createContext(create, io)
    run.code = await runArchiveCreate(context, name, create.opts<ArchiveCreateOptions>())
  })
  const remove = archive.command('delete').description('delete an archive and its events')
  remove.argument('<archive>', 'name or ARN').action(async (name: string) => {
    run.code = await runArchiveDelete(createContext(remove, io), name)
  })
  const events = archive
    .command('events')
    .description('the events in an archive, oldest first')
    .argument('<archive>', 'name or ARN')
    .option('--from <time>', 'from this time on, or so long ago (2h)')
    .option('--to <time>', 'up to this time')
    .option('--limit <number>', 'at most this many (default 100)')
  events.action(async (name: string) => {
    const context = createContext(events, io)
    run.code = await runArchiveEvents(context, name, events.opts<ArchiveEventsOptions>())
  })
}

function addReplayCommands(program: Command, io: CliIo, run: Run): void {
  const replay = program.command('replay').description('bring archived events back')
  const start = replay
    .command('start')
    .description('bring the events of an archive back to its bus')
    .argument('<archive>', 'name or ARN of the archive')
    .option('--name <name>', 'name of the replay, which events carry as replay-name')
    .option('--from <time>', 'events from this time on, or so long ago (2h)')
    .option('--to <time>', 'events up to this time (default now)')
    .option('--rule <name...>', 'only to these rules, by name or ARN')
    .option('--bus <name>', 'to another bus, where the server allows it')
    .option('--rate <number>', 'events a second at most')
    .option('--watch', 'show the progress until it has ended')
  start.action(async (archive: string) => {
    const context = createContext(start, io)
    run.code = await runReplayStart(context, archive, start.opts<ReplayStartOptions>())
  })
  const ls = replay.command('ls').description('all replays and how far they came')
  ls.action(async () => {
    run.code = await runReplayLs(createContext(ls, io))
  })
  const watch = replay.command('watch').description('show the progress until it has ended')
  watch.argument('<replay>', 'name or ARN').action(async (name: string) => {
    run.code = await runReplayWatch(createContext(watch, io), name)
  })
  const cancel = replay.command('cancel').description('end a replay where it is')
  cancel.argument('<replay>', 'name or ARN').action(async (name: string) => {
    run.code = await runReplayCancel(createContext(cancel, io), name)
  })
  const reset = program
    .command('reset')
    .description('take everything a server under dev holds')
    .option('--yes', 'mean it')
  reset.action(async () => {
    run.code = await runReset(createContext(reset, io), reset.opts<{ yes?: boolean }>())
  })
}

function addMachineCommands(program: Command, io: CliIo, run: Run): void {
  const env = program
    .command('env')
    .description('print what to eval so that aws, boto3 and kubectl talk to this server')
    .option('--services', 'only the services served here; all others stay with AWS')
  env.action(async () => {
    run.code = await runEnv(createContext(env, io), env.opts<EnvOptions>())
  })
  const kubeconfig = program
    .command('kubeconfig')
    .description('print what kubectl needs to talk to the server of this data directory')
    .option('--server <url>', 'where kubectl finds it (default the address that it listens on)')
    .option('--token <token>', "whose rights it has (default the administrator's)")
    .option('--namespace <name>', 'where commands look that name none')
    .option('--authority <file>', "authorities to trust, or system (default the server's own)")
    .option('--write <file>', 'a file in place of standard output')
  kubeconfig.action(async () => {
    const context = createContext(kubeconfig, io)
    run.code = await runKubeconfig(context, kubeconfig.opts<KubeconfigOptions>())
  })
  const doctor = program.command('doctor').description('look for what could be wrong here')
  doctor.action(async () => {
    run.code = await runDoctor(createContext(doctor, io))
  })
  const completion = program
    .command('completion')
    .description('print a completion script')
    .argument('<shell>', 'bash, zsh or fish')
  completion.action(async () => {
    run.code = await runCompletion(createContext(completion, io), program, completion.args[0])
  })
  const version = program.command('version').description('show the version')
  version.action(async () => {
    run.code = await runVersion(createContext(version, io))
  })
}

function isStopped(io: CliIo, run: Run): boolean {
  return io.signal.aborted && run.isServer !== true
}

function stopCode(io: CliIo): number {
  return io.signal.reason === 'SIGTERM' ? EXIT_CODES.terminated : EXIT_CODES.interrupted
}

// The command line itself may be what is wrong, so this is asked of the words.
function asksForJson(argv: readonly string[]): boolean {
  const text = argv.join(' ')
  return /(?:^| )(?:-o ?|--output[ =])json(?: |$)/.test(text)
}

async function fail(io: CliIo, error: unknown, asJson: boolean): Promise<number> {
  if (error instanceof CommanderError) {
    // Help and the version were asked for and have been printed.
    if (error.exitCode === 0) return EXIT_CODES.ok
    if (error.code === 'commander.help') return EXIT_CODES.usage
  }
  if (error instanceof CommanderError || error instanceof UsageError) {
    const message = error.message.replace(/^error: /, '')
    const hint = '`signalbox help` shows the commands'
    await reportFailure(io, { code: 'USAGE', message, hint }, asJson)
    return EXIT_CODES.usage
  }
  await reportFailure(io, viewOf(error), asJson)
  return exitCodeOf(error)
}
