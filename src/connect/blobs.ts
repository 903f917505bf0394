// Things kept by name: a directory or a bucket, which dead letters and recordings are written to.

export interface Blobs {
  /** Durable when it resolves; what was there by this name is replaced. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Undefined when there is none. */
  get(name: string): Promise<Buffer | undefined>
  /** Of what is not there too. */
  delete(name: string): Promise<void>
  /** Names that begin with `prefix`, in order of their characters. */
  list(prefix: string): Promise<readonly string[]>
  close(): Promise<void>
}
