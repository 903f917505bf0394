// Quantities of Kubernetes: `500m`, `1.5Gi`, `2e3`.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

export const QUANTITY_TYPE = 'kubernetes.Quantity'

const FORM = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?$/
const DECIMAL = 'num kMGTPE'
const BINARY = 'KMGTPE'
/** Everything is counted in nanos, the smallest there is. */
const NANO_DIGITS = 9
const NANOS: bigint = 10n ** BigInt(NANO_DIGITS)

export class Quantity {
  readonly #nanos: bigint

  private constructor(nanos: bigint) {
    this.#nanos = nanos
  }

  static isOne(text: string): boolean {
    return FORM.test(text)
  }

  static parse(text: string): Quantity {
    const found = FORM.exec(text)
    if (found === null)
      throw new Error(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      )
    const [, sign, digits, suffix = ''] = found
    const [whole = '', part = ''] = digits!.split('.')
    const { exponent, factor } = scaleOf(suffix)
    const shift = exponent + NANO_DIGITS - part.length
    const amount = BigInt(`${whole}${part}` || '0') * factor
    // What is smaller than a nano is rounded up.
    const nanos =
      shift >= 0 ? amount * 10n ** BigInt(shift) : roundedUp(amount, 10n ** BigInt(-shift))
    return new Quantity(sign === '-' ? -nanos : nanos)
  }

  static of(whole: bigint): Quantity {
    return new Quantity(whole * NANOS)
  }

  plus(other: Quantity): Quantity {
    return new Quantity(this.#nanos + other.#nanos)
  }

  minus(other: Quantity): Quantity {
    return new Quantity(this.#nanos - other.#nanos)
  }

  isInteger(): boolean {
    return (
      this.#nanos % NANOS === 0n && BigInt.asIntN(64, this.#nanos / NANOS) === this.#nanos / NANOS
    )
  }

  /** Throws for what `isInteger` denies. */
  asInteger(): bigint {
    if (!this.isInteger()) throw new Error('cannot convert value to integer')
    return this.#nanos / NANOS
  }

  asNumber(): number {
    return Number(this.#nanos) / Number(NANOS)
  }

  /** Below 0, 0 or above 0. */
  compareTo(other: Quantity): number {
    if (this.#nanos === other.#nanos) return 0
    return this.#nanos < other.#nanos ? -1 : 1
  }
}

function scaleOf(suffix: string): { readonly exponent: number; readonly factor: bigint } {
  if (suffix === '') return { exponent: 0, factor: 1n }
  if (suffix.endsWith('i')) {
    const power = BINARY.indexOf(suffix[0]!) + 1
    return { exponent: 0, factor: 1024n ** BigInt(power) }
  }
  if (suffix.length > 1) return { exponent: Number(suffix.slice(1)), factor: 1n }
  return { exponent: (DECIMAL.indexOf(suffix) - DECIMAL.indexOf(' ')) * 3, factor: 1n }
}

function roundedUp(amount: bigint, by: bigint): bigint {
  return (amount + by - 1n) / by
}
