// kubectl as people have it, pointed at a server of a test.

import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { DEADLINE_MS, type Signalbox } from './signalbox.ts'

export interface Printed {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

/** Why tests with it cannot run here; undefined when they can. */
export function kubectlLacks(): string | undefined {
  const found = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
  return found.status === 0 ? undefined : 'kubectl is not installed'
}

export class Kubectl {
  readonly #signalbox: Signalbox

  constructor(signalbox: Signalbox) {
    this.#signalbox = signalbox
  }

  /** What it prints; `input` is for `-f -`. */
  run(
    args: readonly string[],
    input = '',
    more: Readonly<Record<string, string>> = {},
  ): Promise<Printed> {
    const { cwd, env } = this.#options()
    const options = {
      cwd,
      env: { ...env, ...more },
      timeout: DEADLINE_MS,
      maxBuffer: OUTPUT_BYTES_MAX,
    }
    return new Promise((resolve) => {
      const child = execFile('kubectl', this.#args(args), options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
        resolve({ code, stdout, stderr })
      })
      child.stdin!.end(input)
    })
  }

  /** Standard output of a command that succeeds. */
  async get(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args)
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}\n${stderr}`)
    return stdout
  }

  /** What a command that fails says of it. */
  async refused(args: readonly string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, input)
    if (code === 0) throw new Error(`kubectl ${args.join(' ')} succeeded\n${stdout}`)
    return stderr
  }

  async apply(manifest: string, ...more: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(['apply', '-f', '-', ...more], manifest)
    if (code !== 0) throw new Error(`kubectl apply\n${stderr}`)
    return stdout
  }

  /** A command that goes on until the test ends; answers what it has printed so far. */
  follow(context: Pick<TestContext, 'after'>, ...args: readonly string[]): () => string {
    const child = spawn('kubectl', this.#args(args), this.#options())
    context.after(() => child.kill())
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => (printed += bytes.toString()))
    return () => printed
  }

  #args(args: readonly string[]): string[] {
    const cache = join(this.#signalbox.folder, 'kube-cache')
    return ['--server', this.#signalbox.url, '--cache-dir', cache, ...args]
  }

  #options(): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
    const { folder } = this.#signalbox
    const home = join(folder, 'home')
    mkdirSync(home, { recursive: true })
    return { cwd: folder, env: { ...process.env, KUBECONFIG: '/dev/null', HOME: home } }
  }
}
