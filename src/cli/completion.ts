// Completion scripts for shells, made from the commands as they are.

import type { Command } from 'commander'
import { type CommandContext, printJson, say } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { UsageError } from './usage-error.ts'

interface CommandWords {
  readonly name: string
  readonly description: string
  /** The commands below it. */
  readonly commands: readonly Word[]
  readonly flags: readonly Word[]
}

interface Word {
  readonly name: string
  readonly description: string
}

const SHELLS: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = {
  bash: formatBash,
  zsh: formatZsh,
  fish: formatFish,
}

export async function runCompletion(
  context: CommandContext,
  program: Command,
  shell: string | undefined,
): Promise<number> {
  const format = shell !== undefined && Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined
  if (format === undefined) {
    throw new UsageError(
      `expected one of the shells ${Object.keys(SHELLS).join(', ')}, got \`${shell ?? ''}\``,
    )
  }
  const script = format(readCommands(program))
  if (context.form === 'json') await printJson(context, { shell, script })
  else await context.io.stdout.write(script)
  if (context.io.stdout.isTty) say(context, `# to use it: ${INSTRUCTIONS[shell!]!}`)
  return EXIT_CODES.ok
}

const INSTRUCTIONS: Readonly<Record<string, string>> = {
  bash: 'source <(signalbox completion bash)',
  zsh: 'source <(signalbox completion zsh)',
  fish: 'signalbox completion fish | source',
}

function readCommands(program: Command): readonly CommandWords[] {
  const common = readFlags(program)
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    commands: command.commands.map((below) => ({
      name: below.name(),
      description: below.description(),
    })),
    flags: unique([
      ...readFlags(command),
      ...command.commands.flatMap((below) => readFlags(below)),
      ...common,
      { name: '--help', description: 'show help' },
    ]),
  }))
}

function unique(words: readonly Word[]): readonly Word[] {
  return Array.from(new Map(words.map((word) => [word.name, word])).values())
}

function readFlags(command: Command): readonly Word[] {
  return command.options.flatMap(({ long, description }) =>
    long === undefined || long === null ? [] : [{ name: long, description }],
  )
}

function formatBash(commands: readonly CommandWords[]): string {
  const cases = commands
    .map(({ name, commands: below, flags }) => {
      return `    ${name}) words="${[...below, ...flags].map((word) => word.name).join(' ')}" ;;`
    })
    .join('\n')
  return `_signalbox() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  case "\${COMP_WORDS[1]}" in
${cases}
    *) words="${commands.map((command) => command.name).join(' ')}" ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${commands.map((command) => command.name).join(' ')}"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _signalbox signalbox
`
}

function formatZsh(commands: readonly CommandWords[]): string {
  const names = commands
    .map(({ name, description }) => `    ${quote(`${name}:${description}`)}`)
    .join('\n')
  const cases = commands
    .map(({ name, commands: below, flags }) => {
      return `    ${name}) below=(${formatZshWords(below)}); flags=(${formatZshWords(flags)}) ;;`
    })
    .join('\n')
  return `#compdef signalbox
_signalbox() {
  local -a commands below flags
  commands=(
${names}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case "$words[2]" in
${cases}
  esac
  if [[ "$PREFIX" == -* ]]; then _describe option flags
  elif (( CURRENT == 3 && $#below )); then _describe command below
  else _files; fi
}
compdef _signalbox signalbox
`
}

function formatZshWords(words: readonly Word[]): string {
  return words.map(({ name, description }) => quote(`${name}:${description}`)).join(' ')
}

function formatFish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, commands: below, flags }) => [
    `complete -c signalbox -n __fish_use_subcommand -f -a ${name} -d ${quote(description)}`,
    ...below.map(
      (word) =>
        `complete -c signalbox -n '__fish_seen_subcommand_from ${name}' -f -a ${word.name} -d ${quote(word.description)}`,
    ),
    ...flags.map(
      (flag) =>
        `complete -c signalbox -n '__fish_seen_subcommand_from ${name}' -l ${flag.name.slice(2)} -d ${quote(flag.description)}`,
    ),
  ])
  return `${lines.join('\n')}\n`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
