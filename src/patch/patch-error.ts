// Why a patch cannot be applied: it is no patch, or it does not fit what is there.

export class PatchError extends Error {
  readonly kind: 'malformed' | 'unfit'

  constructor(kind: 'malformed' | 'unfit', message: string) {
    super(message)
    this.name = 'PatchError'
    this.kind = kind
  }
}
