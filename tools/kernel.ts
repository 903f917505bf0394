// Compiles the scan kernel of `match` from AssemblyScript into the TypeScript that carries it. The compiler is fetched
// for the run (it weighs a hundred megabytes, and few ever need it), at one pinned version, so that the same source
// gives the same bytes.
//
//   node tools/kernel.ts [--check]    writes src/match/scan-kernel.ts, or says whether it is what the source gives

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './tree.ts'

const COMPILER = 'assemblyscript@0.28.20'
const SOURCE = join(ROOT, 'src/match/scan.as')
const TARGET = join(ROOT, 'src/match/scan-kernel.ts')
// Its constants lie below what `scan.as` lays out.
const OPTIONS =
  '-O3 --noAssert --runtime stub --enable simd --memoryBase 512 --initialMemory 80'.split(' ')
const LINE_LENGTH = 96

const carried = carry(compile())
if (!process.argv.includes('--check')) writeFileSync(TARGET, carried)
else if (readFileSync(TARGET, 'utf8') !== carried) {
  process.stderr.write('src/match/scan-kernel.ts is not what src/match/scan.as compiles to\n')
  process.exitCode = 1
}

function compile(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-kernel-'))
  try {
    copyFileSync(SOURCE, join(folder, 'scan.ts'))
    const run = ['exec', '--yes', `--package=${COMPILER}`, '--', 'asc']
    execFileSync('npm', [...run, 'scan.ts', ...OPTIONS, '-o', 'scan.wasm'], {
      cwd: folder,
      stdio: 'inherit',
    })
    return readFileSync(join(folder, 'scan.wasm'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function carry(wasm: Buffer): string {
  const text = wasm.toString('base64')
  const lines: string[] = []
  for (let at = 0; at < text.length; at += LINE_LENGTH) lines.push(text.slice(at, at + LINE_LENGTH))
  const digest = createHash('sha256').update(readFileSync(SOURCE)).digest('hex')
  return `// The scan kernel as WebAssembly. Made by \`node tools/kernel.ts\` from \`scan.as\`; not written by hand.

/** Of the source it was made from. */
export const KERNEL_SOURCE_SHA256 =
  '${digest}'

export const KERNEL_BASE64: string = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('')
`
}
