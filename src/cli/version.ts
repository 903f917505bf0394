// The version command, and the version itself.

import { readFileSync } from 'node:fs'
import { type CommandContext, printJson, printLine } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'

/** As package.json says, which lies as far above `dist/cli` as above `src/cli`. */
export function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

export async function runVersion(context: CommandContext): Promise<number> {
  const version = readVersion()
  const node = process.versions.node
  if (context.form === 'json') {
    await printJson(context, { version, node, platform: process.platform, arch: process.arch })
  } else {
    await printLine(
      context,
      `signalbox ${version} (node ${node}, ${process.platform} ${process.arch})`,
    )
  }
  return EXIT_CODES.ok
}
