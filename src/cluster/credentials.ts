// What a cluster is shown of who calls: a token that stands there, lies in a file or is made by a program; a certificate;
// and whom the caller acts as.

import { execFile } from 'node:child_process'
import { AppError, type Clock } from '../base/index.ts'
import { type ClusterUser, type CredentialProgram, readMaterial, readText } from './kubeconfig.ts'
import { PROGRAM_BYTES_MAX, PROGRAM_MS_MAX, PROGRAM_MS_MIN, TOKEN_FILE_MS } from './limits.ts'

export interface Shown {
  readonly token?: string
  readonly certificate?: string
  readonly key?: string
}

interface Made {
  readonly shown: Shown
  /** Wall milliseconds; after it another is asked for. */
  readonly endsAt: number
}

export class Credentials {
  readonly #user: ClusterUser
  readonly #clock: Clock
  readonly #env: NodeJS.ProcessEnv
  #made: Promise<Made> | undefined

  /** `env` is what a program that makes credentials inherits. */
  constructor(user: ClusterUser, clock: Clock, env: NodeJS.ProcessEnv) {
    this.#user = user
    this.#clock = clock
    this.#env = env
  }

  /** Rejects with `CONFIG_INVALID` where there is nothing to show that should be there. */
  async show(): Promise<Shown> {
    const made = (this.#made ??= this.#make())
    try {
      const { shown, endsAt } = await made
      if (endsAt > this.#clock.now()) return shown
    } catch (error) {
      this.#drop(made)
      throw error
    }
    this.#drop(made)
    return this.show()
  }

  /** What was shown is not believed any more. */
  forget(): void {
    this.#made = undefined
  }

  #drop(made: Promise<Made>): void {
    if (this.#made === made) this.#made = undefined
  }

  async #make(): Promise<Made> {
    const { token, tokenFile, program, certificate, key } = this.#user
    const pair =
      certificate === undefined || key === undefined
        ? {}
        : { certificate: readMaterial(certificate), key: readMaterial(key) }
    if (token !== undefined) return { shown: { ...pair, token }, endsAt: Infinity }
    if (tokenFile !== undefined) {
      const read = readText(tokenFile, 'file of the token').trim()
      return { shown: { ...pair, token: read }, endsAt: this.#clock.now() + TOKEN_FILE_MS }
    }
    if (program === undefined) return { shown: pair, endsAt: Infinity }
    const { shown, endsAt } = await runProgram(program, this.#env)
    // One that is over at once counts for the call that asked.
    return {
      shown: { ...pair, ...shown },
      endsAt: Math.max(endsAt, this.#clock.now() + PROGRAM_MS_MIN),
    }
  }
}

async function runProgram(program: CredentialProgram, env: NodeJS.ProcessEnv): Promise<Made> {
  const { apiVersion, command, args, directory, installHint } = program
  const question = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } }
  const text = await new Promise<string>((resolve, reject) => {
    execFile(
      command,
      [...args],
      {
        cwd: directory,
        env: { ...env, ...program.env, KUBERNETES_EXEC_INFO: JSON.stringify(question) },
        timeout: PROGRAM_MS_MAX,
        maxBuffer: PROGRAM_BYTES_MAX,
        killSignal: 'SIGKILL',
      },
      (error, stdout) => {
        if (error === null) return resolve(stdout)
        // What it printed may be secret, so only how it ended is told.
        const { code, signal } = error as { code?: string | number | null; signal?: string | null }
        const how =
          code === 'ENOENT' ? 'is not there' : `ended with ${signal ?? code ?? 'an error'}`
        reject(programFault(program, `${how}${hint(installHint)}`))
      },
    )
  })
  const status = statusOf(text)
  if (status === undefined)
    throw programFault(program, `printed no \`ExecCredential\` of \`${apiVersion}\``)
  const { token, clientCertificateData: certificate, clientKeyData: key } = status
  if (token === undefined && certificate === undefined)
    throw programFault(program, 'printed neither a token nor a certificate')
  const endsAt = Date.parse(status.expirationTimestamp ?? '')
  return {
    shown: {
      ...(token === undefined ? {} : { token }),
      ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
    },
    endsAt: Number.isNaN(endsAt) ? Infinity : endsAt,
  }
}

interface ExecStatus {
  readonly token?: string
  readonly clientCertificateData?: string
  readonly clientKeyData?: string
  readonly expirationTimestamp?: string
}

function statusOf(text: string): ExecStatus | undefined {
  try {
    const { kind, status } = JSON.parse(text) as { kind?: unknown; status?: unknown }
    return kind === 'ExecCredential' && typeof status === 'object' && status !== null
      ? status
      : undefined
  } catch {
    return undefined
  }
}

function hint(installHint: string | undefined): string {
  return installHint === undefined ? '' : `: ${installHint}`
}

function programFault({ command }: CredentialProgram, what: string): AppError {
  return new AppError('CONFIG_INVALID', `the credential program \`${command}\` ${what}`)
}
