// Makes dist/ of src/: JavaScript and declarations by tsc, and beside them the files that the code reads but
// tsc does not know. Running from a checkout needs none of this; the published package does.

import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listFiles, ROOT } from './tree.ts'

rmSync(join(ROOT, 'dist'), { recursive: true, force: true })

const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
const emitted = spawnSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json')], {
  cwd: ROOT,
  stdio: 'inherit',
})
if (emitted.status !== 0) process.exit(emitted.status ?? 1)

const assets = listFiles('src', (path) => !path.endsWith('.ts') && !path.endsWith('.md'))
for (const path of assets) {
  const target = join(ROOT, path.replace(/^src\//, 'dist/'))
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(join(ROOT, path), target)
  chmodSync(target, statSync(join(ROOT, path)).mode)
}
process.stderr.write(`dist: compiled, and ${assets.length} other files copied\n`)
