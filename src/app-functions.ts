// The functions of this process: those that came as an archive, by account, region and name, and those of the
// configuration and of the functions folder, by name: an ARN of any account and region that names one of these is
// answered by it.

import { describeError, type Clock, type Logger, type Timer } from './base/index.ts'
import { discoverFunctions } from './connect/index.ts'
import { FUNCTION_DEFAULTS, type FunctionConfig } from './config/index.ts'
import { type FunctionCatalogue, type KindKeeper, openKindKeeper } from './control/index.ts'
import {
  DEFAULT_ACCOUNT,
  functionArn,
  type FunctionSpec,
  parseArn,
  type Resource,
  type Scope,
} from './model/index.ts'
import type { Row, RowStore } from './store/index.ts'

const RESCAN_MS = 2000
const DEFAULT_SCOPE = { account: DEFAULT_ACCOUNT, region: 'us-east-1' }

export interface FunctionDirectoryOptions {
  readonly directory: string
  readonly configured: readonly FunctionConfig[]
  /** Look again every few seconds. */
  readonly isWatched: boolean
  readonly rows: RowStore
  /** The resource that a row holds. */
  readonly decode: (row: Row) => Resource
  readonly clock: Clock
  readonly logger: Logger
  readonly onFatal: (error: unknown) => void
}

export class FunctionDirectory implements FunctionCatalogue {
  readonly #options: FunctionDirectoryOptions
  #byName = new Map<string, FunctionSpec>()
  /** By ARN. */
  readonly #stored = new Map<string, FunctionSpec>()
  #keeper: KindKeeper | undefined
  #problems = ''
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: FunctionDirectoryOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    await this.#scan()
    this.#schedule()
    const { rows, decode, onFatal } = this.#options
    const arns = new Map<string, string>()
    this.#keeper = await openKindKeeper({
      rows,
      decode,
      onFatal,
      kind: 'Function',
      define: ({ metadata, spec }) => {
        const arn = functionArn(spec, spec.name)
        arns.set(`${metadata.namespace}/${metadata.name}`, arn)
        this.#stored.set(arn, spec)
      },
      forget: ({ namespace, name }) => {
        this.#stored.delete(arns.get(`${namespace}/${name}`) ?? '')
        arns.delete(`${namespace}/${name}`)
      },
    })
  }

  /** Resolves when every function written so far is here. */
  async settled(): Promise<void> {
    await this.#keeper?.settled()
  }

  /** The function at an ARN (without version or alias) or `function:NAME`, with that ARN's account and region. */
  find(address: string): FunctionSpec | undefined {
    const arn = parseArn(address)
    const stored = this.#stored.get(address)
    if (stored !== undefined) return stored
    const name = address.slice(address.lastIndexOf(':') + 1)
    const spec = this.#byName.get(name)
    if (arn === undefined) return spec ?? this.#stored.get(functionArn(DEFAULT_SCOPE, name))
    return spec === undefined ? undefined : { ...spec, account: arn.account, region: arn.region }
  }

  /** Those of an account and region, with those of files, which are everyone's. */
  list(scope: Scope): readonly FunctionSpec[] {
    const { account, region } = scope
    const own = Array.from(this.#stored.values()).filter(
      (spec) => spec.account === account && spec.region === region,
    )
    const names = new Set(own.map(({ name }) => name))
    const others = Array.from(this.#byName.values()).filter(({ name }) => !names.has(name))
    return [...own, ...others.map((spec) => ({ ...spec, account, region }))]
  }

  names(): readonly string[] {
    return [...this.#byName.keys()].sort()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#keeper?.close()
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
