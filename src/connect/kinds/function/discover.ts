// The functions of a folder: `NAME.py`, `NAME.mjs` and brothers, or a folder `NAME` with one of the usual files
// in it. A name is what Lambda allows; what cannot be a function is told, not guessed at.

import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FunctionSpec } from '../../../model/index.ts'
import { FUNCTIONS_DISCOVERED_MAX } from './limits.ts'

export interface DiscoveredFunctions {
  /** By name. */
  readonly functions: readonly FunctionSpec[]
  /** Sentences about entries that are not functions, for the operator. */
  readonly problems: readonly string[]
}

const RUNTIMES: Readonly<Record<string, FunctionSpec['runtime']>> = {
  '.py': 'python',
  '.mjs': 'node',
  '.js': 'node',
  '.cjs': 'node',
  '.ts': 'node',
  '.mts': 'node',
}

const FOLDER_STEMS = ['index', 'handler', 'lambda_function', 'app', 'main']
const NAME = /^[A-Za-z0-9_-]{1,64}$/

/** What every function found is given: a file says no more than its name and runtime. */
export type FunctionSettings = Pick<
  FunctionSpec,
  'account' | 'region' | 'timeoutMs' | 'memoryMb' | 'concurrency'
>

/** No folder means no functions. `directory` is absolute. */
export async function discoverFunctions(
  directory: string,
  settings: FunctionSettings,
): Promise<DiscoveredFunctions> {
  const functions = new Map<string, FunctionSpec>()
  const problems: string[] = []
  for (const entry of await listNames(directory)) {
    const found = await findFunction(directory, entry)
    if (found === undefined) continue
    if (!NAME.test(found.name)) {
      problems.push(
        `expected a function's name to be 1 to 64 letters, digits, hyphens or underscores, got \`${found.name}\``,
      )
    } else if (functions.has(found.name)) {
      problems.push(`two files are function \`${found.name}\`; \`${found.file}\` is not used`)
    } else if (functions.size >= FUNCTIONS_DISCOVERED_MAX) {
      problems.push(`more than ${FUNCTIONS_DISCOVERED_MAX} functions in \`${directory}\``)
      break
    } else {
      functions.set(found.name, toSpec(found, settings))
    }
  }
  return { functions: [...functions.values()], problems }
}

interface FoundFunction {
  readonly name: string
  readonly file: string
  readonly runtime: FunctionSpec['runtime']
}

async function findFunction(directory: string, entry: string): Promise<FoundFunction | undefined> {
  if (entry.startsWith('.') || entry.startsWith('_') || entry === 'node_modules') return undefined
  const path = join(directory, entry)
  const runtime = runtimeOf(entry)
  const stats = await stat(path)
  if (stats.isFile() && runtime !== undefined) {
    return { name: entry.slice(0, -extname(entry).length), file: path, runtime }
  }
  if (!stats.isDirectory()) return undefined
  const files = new Set(await listNames(path))
  for (const stem of FOLDER_STEMS) {
    for (const [ending, folderRuntime] of Object.entries(RUNTIMES)) {
      const file = `${stem}${ending}`
      if (files.has(file)) return { name: entry, file: join(path, file), runtime: folderRuntime }
    }
  }
  return undefined
}

function runtimeOf(file: string): FunctionSpec['runtime'] | undefined {
  if (file.endsWith('.d.ts') || /\.test\.[a-z]+$/.test(file)) return undefined
  const ending = extname(file)
  return Object.hasOwn(RUNTIMES, ending) ? RUNTIMES[ending] : undefined
}

function toSpec({ name, runtime, file }: FoundFunction, settings: FunctionSettings): FunctionSpec {
  return { ...settings, name, runtime, handler: file }
}

async function listNames(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).sort()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
