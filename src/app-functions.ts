// The functions of this process: those of the configuration and those found in the functions folder, by name.
// An ARN of any account and region that names one is answered by it.

import { describeError, type Clock, type Logger, type Timer } from './base/index.ts'
import { discoverFunctions } from './connect/index.ts'
import { FUNCTION_DEFAULTS, type FunctionConfig } from './config/index.ts'
import { DEFAULT_ACCOUNT, type FunctionSpec, parseArn } from './model/index.ts'

const RESCAN_MS = 2000
const DEFAULT_SCOPE = { account: DEFAULT_ACCOUNT, region: 'us-east-1' }

export interface FunctionDirectoryOptions {
  readonly directory: string
  readonly configured: readonly FunctionConfig[]
  /** Look again every few seconds. */
  readonly isWatched: boolean
  readonly clock: Clock
  readonly logger: Logger
}

export class FunctionDirectory {
  readonly #options: FunctionDirectoryOptions
  #byName = new Map<string, FunctionSpec>()
  #problems = ''
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: FunctionDirectoryOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    await this.#scan()
    this.#schedule()
  }

  /** The function at an ARN (without version or alias) or `function:NAME`, with that ARN's account and region. */
  find(address: string): FunctionSpec | undefined {
    const arn = parseArn(address)
    const name = address.slice(address.lastIndexOf(':') + 1)
    const spec = this.#byName.get(name)
    if (spec === undefined || arn === undefined) return spec
    return { ...spec, account: arn.account, region: arn.region }
  }

  names(): readonly string[] {
    return [...this.#byName.keys()].sort()
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  async #scan(): Promise<void> {
    const { directory, configured, logger } = this.#options
    const { functions, problems } = await discoverFunctions(directory, {
      ...DEFAULT_SCOPE,
      ...FUNCTION_DEFAULTS,
    })
    const byName = new Map(functions.map((spec) => [spec.name, spec]))
    // What is written down in the configuration stands above what lies in the folder.
    for (const spec of configured) byName.set(spec.name, { ...DEFAULT_SCOPE, ...spec })
    this.#byName = byName
    const said = problems.join('; ')
    if (said !== '' && said !== this.#problems)
      logger.warn('functions could not be used', { problems })
    this.#problems = said
  }

  #schedule(): void {
    if (!this.#options.isWatched || this.#isClosed) return
    this.#timer = this.#options.clock.setTimer(RESCAN_MS, () => {
      this.#scan()
        .catch((error: unknown) => {
          const fields = { error: describeError(error) }
          this.#options.logger.warn('the functions folder could not be read', fields)
        })
        .finally(() => this.#schedule())
    })
  }
}
