// A value that must not be printed: text and JSON of it are a mask, and inspection does not see a private field.

const MASK = '[masked]'

export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself; call it where it is used, and keep the answer nowhere. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }
}
