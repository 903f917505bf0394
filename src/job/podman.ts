// The podman command: asked whether it can run anything here, and run.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { PODMAN_COMMAND_MS, PODMAN_PROBE_MS } from './limits.ts'

const run = promisify(execFile)
const OUTPUT_BYTES_MAX = 4 * 1024 * 1024

export interface PodmanOptions {
  readonly path: string
  readonly home: string
}

export class PodmanError extends Error {
  override readonly name = 'PodmanError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export class Podman {
  readonly environment: Readonly<Record<string, string>>
  readonly #flags: readonly string[]

  private constructor(environment: Readonly<Record<string, string>>, flags: readonly string[]) {
    this.environment = environment
    this.#flags = flags
  }

  /** Undefined when there is none that works here, with the reason told. */
  static async probe(
    { path, home }: PodmanOptions,
    onAbsent: (reason: string) => void,
  ): Promise<Podman | undefined> {
    const environment = { PATH: path, HOME: home }
    const options = { env: environment, timeout: PODMAN_PROBE_MS }
    // crun refuses hosts whose control groups are of both versions; runc does not.
    const runtime = await run('runc', ['--version'], options).then(
      () => ['--runtime', 'runc'],
      () => [],
    )
    const flags = ['--cgroup-manager', 'cgroupfs', ...runtime]
    try {
      await run('podman', [...flags, 'info', '--format', 'json'], {
        ...options,
        maxBuffer: OUTPUT_BYTES_MAX,
      })
    } catch (error) {
      onAbsent(reasonOf(error))
      return undefined
    }
    return new Podman(environment, flags)
  }

  args(...args: readonly string[]): string[] {
    return [...this.#flags, ...args]
  }

  /** Standard output; rejects with a `PodmanError`. */
  async call(
    args: readonly string[],
    timeoutMs: number = PODMAN_COMMAND_MS,
    signal?: AbortSignal,
  ): Promise<string> {
    try {
      const { stdout } = await run('podman', this.args(...args), {
        env: this.environment,
        timeout: timeoutMs,
        maxBuffer: OUTPUT_BYTES_MAX,
        ...(signal === undefined ? {} : { signal }),
      })
      return stdout
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      throw new PodmanError(typeof code === 'number' ? code : -1, reasonOf(error))
    }
  }
}

function reasonOf(error: unknown): string {
  const { stderr = '', message } = error as { readonly stderr?: string; readonly message: string }
  const lines = stderr.trim().split('\n')
  const last = lines.at(-1)!.replace(/^Error: /, '')
  return last === '' ? message : last
}
