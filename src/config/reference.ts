// The option table as Markdown: docs/reference/configuration.md is this text, and a test compares the two.

import { FUNCTION_OPTIONS } from './functions-section.ts'
import { envNameOfOption, type Option, OPTIONS, unitOf } from './options.ts'

const INTRODUCTION = `# Configuration

A setting comes from the first of these that has it: a flag, an environment variable, the file, the default.

The file is the one that \`--config\` or \`SIGNALBOX_CONFIG\` names, else \`signalbox.yaml\`, \`signalbox.yml\` or
\`signalbox.json\` in the working directory or above it, up to the root of the repository. A dot in an option's name is
a level in the file. Relative paths in the file start beside it, all others in the working directory. In its texts
\`\${env:NAME}\` stands for an environment variable and \`\${file:PATH}\` for the content of a file.

A command that calls a server, and is told neither host, port nor endpoint, calls the one that runs on its data
directory; where none does, the default address.

A duration is a number of milliseconds, or has a unit: \`500ms\`, \`30s\`, \`5m\`, \`24h\`, \`7d\`. A size is a number of
bytes, or has a unit: \`64MiB\`, \`10GB\`. Unknown names, values out of range and settings that contradict each other
are all named at once, and nothing starts.

This page is made from the table in \`src/config/options.ts\` by \`node tools/reference.ts\`.
`

const FUNCTIONS = `
## Functions

\`functions\` is a mapping from a function's name to:
`

const CONNECTORS = `
## Brokers and sources

\`brokers\` and \`sources\` are mappings from a name to what [the guide to brokers](../guides/brokers.md) describes. Secrets of
a broker are never in the file: \`{secret: NAME, key: KEY}\`, \`\${file:PATH}\` or \`\${env:NAME}\` stands there, and is
read again when it changes.

## Events of roosts

\`events\` is what [the guide to the roost keeper](../guides/roost.md) describes.
`

const PROGRAMS = `
## Programs

\`programs\` is a mapping from the name of an image, in which \`*\` stands for any part, to the program that runs in its
place, \`{command: [PROGRAM, ARGUMENT …], directory: PATH}\`; [the guide to Jobs](../guides/jobs.md) says how.
`

const ACCESS_KEYS = `
## Access keys

The file that \`accessKeysFile\` names must not be readable by everyone, and holds a list:

\`\`\`yaml
- accessKeyId: AKIAEXAMPLE
  secretAccessKey: at-least-sixteen-characters
  account: '000000000000'
\`\`\`
`

export function formatReference(): string {
  const options = table(
    ['option', 'environment', 'flag', 'type', 'default', 'what it sets'],
    OPTIONS.map((option) => [
      code(option.key),
      code(envNameOfOption(option)) +
        (option.envAlso === undefined ? '' : `, else ${code(option.envAlso)}`),
      option.flag === undefined ? '' : code(option.flag),
      typeText(option),
      option.default === undefined || option.default === '' ? '' : code(option.default),
      option.doc + (option.only === undefined ? '' : ` (${onlyText(option.only)})`),
    ]),
  )
  const functions = table(
    ['key', 'type', 'default', 'what it sets'],
    FUNCTION_OPTIONS.map((option) => [
      code(option.key),
      option.key === 'env' ? 'mapping' : typeText(option),
      option.default === undefined ? '' : code(option.default),
      option.doc,
    ]),
  )
  return `${INTRODUCTION}\n${options}${FUNCTIONS}\n${functions}${CONNECTORS}${PROGRAMS}${ACCESS_KEYS}`
}

function onlyText(only: 'start' | 'client'): string {
  return only === 'start' ? '`start` only' : 'commands that call a server'
}

function typeText(option: Option): string {
  const unit = unitOf(option) === '' ? '' : ` ${unitOf(option)}`
  const { min, max } = option
  if (option.choices !== undefined) return option.choices.map(code).join(', ')
  if (min !== undefined && max !== undefined) return `${option.type}, ${min} to ${max}${unit}`
  return min === undefined ? option.type : `${option.type}, at least ${min}${unit}`
}

function code(text: string): string {
  return `\`${text}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}
