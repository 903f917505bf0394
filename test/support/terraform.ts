// terraform with the real AWS provider, both from this machine: nothing is downloaded. A project is a folder with
// one configuration; `plan` says whether anything would change.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Signalbox } from './signalbox.ts'

const TERRAFORM = '/usr/local/bin/terraform'
const PLUGINS = '/opt/tf-plugins'

/** Why terraform cannot run here; false where it can. */
export const noTerraform: string | false =
  existsSync(TERRAFORM) && existsSync(PLUGINS)
    ? false
    : `${TERRAFORM} with the AWS provider below ${PLUGINS} is not on this machine`

// The provider alone is hundreds of megabytes to load.
const DEADLINE_MS = 400_000
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

export class TerraformProject {
  readonly #signalbox: Signalbox
  readonly #folder: string
  readonly #services: readonly string[]

  /** `services` are those whose endpoint is the server: `events`, `schemas`, … */
  constructor(signalbox: Signalbox, services: readonly string[]) {
    this.#signalbox = signalbox
    this.#folder = join(signalbox.folder, 'terraform')
    this.#services = services
    mkdirSync(this.#folder)
  }

  /** Replaces the configuration; the provider is said here. */
  write(configuration: string): void {
    const { url, account, region } = this.#signalbox
    const endpoints = this.#services.map((service) => `    ${service} = "${url}"`).join('\n')
    const provider = `terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "${region}"
  access_key                  = "${account}"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
${endpoints}
  }
}
`
    writeFileSync(join(this.#folder, 'main.tf'), provider + configuration)
  }

  async init(): Promise<void> {
    await this.#run(['init', `-plugin-dir=${PLUGINS}`])
  }

  async apply(): Promise<void> {
    await this.#run(['apply', '-auto-approve'])
  }

  async destroy(): Promise<void> {
    await this.#run(['destroy', '-auto-approve'])
  }

  /** What would change; the empty text when nothing would. */
  async plan(): Promise<string> {
    const { code, output } = await this.#call(['plan', '-detailed-exitcode'])
    if (code !== 0 && code !== 2) throw new Error(output)
    return code === 0 ? '' : output
  }

  async #run(args: readonly string[]): Promise<void> {
    const { code, output } = await this.#call(args)
    if (code !== 0) throw new Error(`terraform ${args.join(' ')}\n${output}`)
  }

  #call(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
    const env = { ...this.#signalbox.environment(), TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1' }
    const options = { cwd: this.#folder, env, timeout: DEADLINE_MS, maxBuffer: OUTPUT_BYTES_MAX }
    return new Promise((resolve, reject) => {
      execFile(
        TERRAFORM,
        [...args, '-no-color', '-input=false'],
        options,
        (error, stdout, stderr) => {
          const code = error === null ? 0 : error.code
          if (typeof code === 'number') resolve({ code, output: stdout + stderr })
          else reject(error)
        },
      )
    })
  }
}
