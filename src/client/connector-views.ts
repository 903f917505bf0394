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

/** A topic or a stream of a broker. */
export interface BrokerPlaceView {
  readonly name: string
  readonly partitions?: number
  readonly subjects?: readonly string[]
  readonly records: number
  readonly readers: readonly { readonly name: string; readonly behind: number }[]
}

export interface PeekedRecordView {
  readonly place: string
  readonly topic: string
  /** Milliseconds since the Unix epoch. */
  readonly timestamp?: number
  readonly key?: string
  readonly headers: Readonly<Record<string, string>>
  /** Absent where the record is no UTF-8: then `base64` is there. */
  readonly text?: string
  readonly base64?: string
  readonly sizeBytes: number
}
