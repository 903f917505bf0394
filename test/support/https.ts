// Clients of a server over HTTPS: kubectl with a kubeconfig of it, and curl that trusts its authority.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Ended, Signalbox } from './signalbox.ts'

export const HTTPS = 'https: { listen: on, port: 0 }\n'
/** For `start`: one key of nobody in particular, and one of a user. */
export const KEYS = `- accessKeyId: AKIDEXAMPLE
  secretAccessKey: a-secret-of-some-length
- accessKeyId: AKIDDANA
  secretAccessKey: the-secret-of-dana
  user: dana
  groups: [shop]
`

/** Runs a program to its end, whatever that is. */
export function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const options = { env: { ...process.env, ...env }, timeout: 20_000 }
  return new Promise((resolve) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, stdout, stderr })
    })
    child.stdin!.end()
  })
}

export function bearer(token: string): readonly string[] {
  return ['-H', `Authorization: Bearer ${token}`]
}

export function httpsUrl({ dataDir }: Signalbox): string {
  const { httpsUrl: url } = JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8')) as {
    readonly httpsUrl: string
  }
  return url
}

export class Https {
  readonly #signalbox: Signalbox
  readonly #token: string | undefined
  #written: string | undefined

  constructor(signalbox: Signalbox, token?: string) {
    this.#signalbox = signalbox
    this.#token = token
  }

  async kubectl(...args: readonly string[]): Promise<Ended> {
    const { dataDir, folder } = this.#signalbox
    this.#written ??= await this.#write()
    const cache = ['--cache-dir', join(dataDir, 'kube-cache')]
    return run('kubectl', [...cache, ...args], { KUBECONFIG: this.#written, HOME: folder })
  }

  async #write(): Promise<string> {
    const written = join(this.#signalbox.folder, this.#token === undefined ? 'admin' : 'robot')
    const token = this.#token === undefined ? [] : ['--token', this.#token]
    await this.#signalbox.ownCli('kubeconfig', '--write', written, ...token)
    assert.equal(statSync(written).mode & 0o777, 0o600)
    return written
  }

  curl(path: string, ...args: readonly string[]): Promise<Ended> {
    const ca = join(this.#signalbox.dataDir, 'tls/ca.crt')
    const url = `${httpsUrl(this.#signalbox)}${path}`
    return run('curl', ['-sS', '-m', '10', '--cacert', ca, ...args, url])
  }
}
