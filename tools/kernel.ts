// Compiles the kernels, the scan of `match` and the check of `event`, from AssemblyScript into the TypeScript that
// carries them. The compiler is fetched
// for the run (it weighs a hundred megabytes, and few ever need it), at one pinned version, so that the same source
// gives the same bytes.
//
//   node tools/kernel.ts [--check]    writes the `…-kernel.ts` beside each source, or says whether they are what it gives

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { ROOT } from './tree.ts'

const COMPILER = 'assemblyscript@0.28.20'
const OPTIONS = '-O3 --noAssert --runtime stub --enable simd --memoryBase 512'.split(' ')
const LINE_LENGTH = 96

interface Kernel {
  readonly source: string
  readonly target: string
  /** What its source lays out, in pages of 64 KB; its constants lie below that. */
  readonly pages: number
}

const KERNELS: readonly Kernel[] = [
  { source: 'src/match/scan.as', target: 'src/match/scan-kernel.ts', pages: 148 },
  { source: 'src/event/json-check.as', target: 'src/event/json-check-kernel.ts', pages: 18 },
]

for (const kernel of KERNELS) {
  const carried = carry(kernel, compile(kernel))
  const target = join(ROOT, kernel.target)
  if (!process.argv.includes('--check')) writeFileSync(target, carried)
  else if (readFileSync(target, 'utf8') !== carried) {
    process.stderr.write(`${kernel.target} is not what ${kernel.source} compiles to\n`)
    process.exitCode = 1
  }
}

function compile({ source, pages }: Kernel): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-kernel-'))
  try {
    copyFileSync(join(ROOT, source), join(folder, 'kernel.ts'))
    const run = ['exec', '--yes', `--package=${COMPILER}`, '--', 'asc']
    execFileSync(
      'npm',
      [...run, 'kernel.ts', ...OPTIONS, '--initialMemory', String(pages), '-o', 'kernel.wasm'],
      {
        cwd: folder,
        stdio: 'inherit',
      },
    )
    return readFileSync(join(folder, 'kernel.wasm'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function carry({ source }: Kernel, wasm: Buffer): string {
  const text = wasm.toString('base64')
  const lines: string[] = []
  for (let at = 0; at < text.length; at += LINE_LENGTH) lines.push(text.slice(at, at + LINE_LENGTH))
  const digest = createHash('sha256')
    .update(readFileSync(join(ROOT, source)))
    .digest('hex')
  return `// A kernel as WebAssembly. Made by \`node tools/kernel.ts\` from \`${basename(source)}\`; not written by hand.

/** Of the source it was made from. */
export const KERNEL_SOURCE_SHA256 =
  '${digest}'

export const KERNEL_BASE64: string = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('')
`
}
