// The file's `programs:` section: the name of an image, with `*` for any part of it → the program of this machine that
// stands for it when a Job runs that image.

import { dirname, resolve } from 'node:path'
import type { ProgramConfig } from './config.ts'
import { type ConfigFile, isMapping } from './config-file.ts'
import type { Faults } from './faults.ts'
import { PROGRAMS_MAX } from './limits.ts'
import { suggestion } from './suggest.ts'

const MEMBERS = ['command', 'directory']

export function parsePrograms(
  file: ConfigFile | undefined,
  faults: Faults,
): readonly ProgramConfig[] {
  const section = file?.values.get('programs')
  if (file === undefined || section === undefined || section === null) return []
  if (!isMapping(section)) {
    faults.add('expected `programs` to be a mapping of images to programs')
    return []
  }
  const entries = Object.entries(section)
  if (entries.length > PROGRAMS_MAX) {
    faults.add(`expected at most ${PROGRAMS_MAX} \`programs\`, got \`${entries.length}\``)
    return []
  }
  return entries.flatMap(([image, fields]) => parseProgram(image, fields, file, faults))
}

function parseProgram(
  image: string,
  fields: unknown,
  file: ConfigFile,
  faults: Faults,
): readonly ProgramConfig[] {
  const key = `programs.${image}`
  const command = isMapping(fields) ? fields['command'] : undefined
  if (!isMapping(fields) || !isTexts(command) || command.length === 0) {
    faults.add(`expected \`${key}\` to have a \`command\`, a list of the program and its arguments`)
    return []
  }
  for (const name of Object.keys(fields))
    if (!MEMBERS.includes(name))
      faults.add(`unknown option \`${key}.${name}\`${suggestion(name, MEMBERS)}`)
  const { directory } = fields
  if (directory !== undefined && typeof directory !== 'string') {
    faults.add(`expected \`${key}.directory\` to be a path, got \`${JSON.stringify(directory)}\``)
    return []
  }
  const base = dirname(file.path)
  return [
    {
      image,
      // A program that is named by a path lies beside the file, as everything that the file names.
      command: command.map((part, place) =>
        place === 0 && /^\.{1,2}\//.test(part) ? resolve(base, part) : part,
      ),
      directory: directory === undefined ? base : resolve(base, directory),
    },
  ]
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
