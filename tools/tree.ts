// What is in the repository: the files that belong to it, read once, for the tests of the house.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseSource, type SourceFile } from './source-file.ts'

export const ROOT: string = join(import.meta.dirname, '..')

const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.signalbox', 'coverage', 'results'])

/** Paths from the root, sorted, of all files below a folder that `keep` accepts. */
export function listFiles(folder: string, keep: (path: string) => boolean): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !path.split('/').some((part) => NOT_OURS.has(part)) && keep(path))
    .sort()
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The TypeScript files below a folder, parsed. */
export function readSources(folder: string): SourceFile[] {
  return listFiles(folder, (path) => path.endsWith('.ts')).map((path) =>
    parseSource(path, readText(path)),
  )
}

export function isTest(path: string): boolean {
  return /\.test\.ts$|\.conformance\.ts$|\/testing(?:-[\w-]+)?\.ts$/.test(path)
}
