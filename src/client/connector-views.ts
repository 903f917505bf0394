// Brokers and sources as our own API shows them.

export interface BrokerView {
  readonly name: string
  readonly spec: { readonly type: string; readonly servers: readonly string[] }
}

export interface SourceView {
  readonly name: string
  readonly spec: {
    readonly broker: string
    readonly topics?: readonly string[]
    readonly subjects?: readonly string[]
    readonly stream?: string
    readonly bus?: string
  }
  readonly state: string
  /** Why it is lost. */
  readonly reason?: string
  /** Milliseconds since the Unix epoch. */
  readonly since: number
  readonly instances: number
  /** Records not read yet, by place. */
  readonly lag: Readonly<Record<string, number>>
}
