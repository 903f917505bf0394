// Which file and which exported name a function's handler text means: `/dir/file.py:name`, `/dir/file.mjs`
// (the usual names are tried), or as Lambda writes it, `/dir/file.name` without the file's ending.

import { statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../../base/index.ts'
import type { FunctionSpec } from '../../../model/index.ts'

export interface Handler {
  /** Absolute. */
  readonly file: string
  /** Exported names to try, in order. */
  readonly names: readonly string[]
  /** When the file last changed; a process started before that is stale. */
  readonly modifiedMs: number
}

const DEFAULT_NAMES: Readonly<Record<FunctionSpec['runtime'], readonly string[]>> = {
  node: ['handler', 'lambda_handler', 'default'],
  python: ['lambda_handler', 'handler'],
}

const ENDINGS: Readonly<Record<FunctionSpec['runtime'], readonly string[]>> = {
  node: ['.mjs', '.js', '.ts', '.cjs', '.mts'],
  python: ['.py'],
}

/** Throws `FUNCTION_NOT_FOUND` when no file is there. */
export function findHandler(spec: Pick<FunctionSpec, 'name' | 'runtime' | 'handler'>): Handler {
  const text = spec.handler
  const colon = text.lastIndexOf(':')
  const isNamed = colon > text.lastIndexOf('/')
  const path = isNamed ? text.slice(0, colon) : text
  const names = isNamed ? [text.slice(colon + 1)] : DEFAULT_NAMES[spec.runtime]
  const modifiedMs = modifiedMsOf(path)
  if (modifiedMs !== undefined) return { file: path, names, modifiedMs }
  return findLambdaStyle(spec.runtime, path) ?? raiseMissing(spec)
}

function findLambdaStyle(runtime: FunctionSpec['runtime'], path: string): Handler | undefined {
  const name = basename(path)
  const dot = name.lastIndexOf('.')
  if (dot < 1) return undefined
  for (const ending of ENDINGS[runtime]) {
    const file = join(dirname(path), `${name.slice(0, dot)}${ending}`)
    const modifiedMs = modifiedMsOf(file)
    if (modifiedMs !== undefined) return { file, names: [name.slice(dot + 1)], modifiedMs }
  }
  return undefined
}

function modifiedMsOf(file: string): number | undefined {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats?.isFile() === true ? stats.mtimeMs : undefined
}

function raiseMissing(spec: Pick<FunctionSpec, 'name' | 'handler'>): never {
  throw new AppError(
    'FUNCTION_NOT_FOUND',
    `expected the handler of function \`${spec.name}\` to be a file, perhaps with \`:name\` behind it, got \`${spec.handler}\``,
  )
}
