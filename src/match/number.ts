// Numbers as patterns compare them: by value where a double holds the written number exactly (its shortest decimal
// form is that number), otherwise only by their text. Of an event's number mostly an approximation is enough; whether
// a double is exact is asked when the answer hangs on it.

/** Significant digits that any double keeps. */
const SAFE_DIGITS = 15
/** Powers of ten that a double holds exactly. */
const EXACT_POWER_MAX = 22
const POWERS = Float64Array.from({ length: EXACT_POWER_MAX + 1 }, (_, index) =>
  Number(`1e${index}`),
)
/** Splits a double into two halves whose products are exact (Dekker). */
const SPLITTER = 134_217_729
/** How far, relatively, a number may lie from what its first digits say. */
const TOLERANCE = 4e-14
/** How near to a boundary, relatively, two doubles' worth of digits are not trusted. */
const DOUBT = 1e-9

/** Between these, and up to this power of ten, a product with a power of ten is as near as the tolerance says. */
const SMALLEST = 1e-300
const LARGEST = 1e300
const EXPONENT_MAX = 305
/** Instead of how many digits are behind: their number says nothing. */
const UNDECIDED = -1

/** The digits of a number before its exponent. */
interface Digits {
  readonly head: number
  readonly scale: number
  readonly isNegative: boolean
}

/** Words of a scanned leaf that is a number, the first two counted in doubles. */
const LEAF_WORDS = 12
const LEAF_NUMBER_VALUE = 3
const LEAF_NUMBER_HEAD = 4
const LEAF_NUMBER_TAIL = 10
const LEAF_NUMBER_FORM = 11

/** Leaves as words, and the same memory as doubles. */
interface ScannedNumbers {
  readonly leaves: Int32Array
  readonly numbers: Float64Array
}

/** The value to compare by, or undefined when no double stands for exactly this text. */
export function comparableNumber(text: string): number | undefined {
  const value = Number(text)
  // Up to fifteen digits always survive a double.
  if (text.length <= SAFE_DIGITS && !/[eE]/.test(text)) return value === 0 ? 0 : value
  if (!Number.isFinite(value)) return undefined
  if (decimalOf(text) !== decimalOf(String(value))) return undefined
  return value === 0 ? 0 : value
}

/** An event's number, read from its bytes without making a string of it. One at a time. */
export class NumberReading {
  /** The value, or nearly so. */
  value = 0
  /** How far the number may be from `value`: 0 when it is exactly that. */
  tolerance = 0
  /** The first fifteen digits, those behind them, how many those are, and where the point stands. */
  #head = 0
  #tail = 0
  #tailLength = 0
  #scale = 0

  /** Takes what a scan read: the value, the first digits; those behind; how many those are and the scale. */
  take({ numbers, leaves }: ScannedNumbers, leaf: number): boolean {
    const at = leaf * LEAF_WORDS
    const form = leaves[at + LEAF_NUMBER_FORM]!
    if (form < 0) return false
    const tailLength = form >> 8
    const half = at >> 1
    this.value = numbers[half + LEAF_NUMBER_VALUE]!
    this.#head = numbers[half + LEAF_NUMBER_HEAD]!
    this.#tail = leaves[at + LEAF_NUMBER_TAIL]!
    this.#tailLength = tailLength
    this.#scale = (form & 0xff) + tailLength
    this.tolerance = tailLength === 0 ? 0 : Math.abs(this.value) * TOLERANCE
    return true
  }

  /** False when the text is out of the ordinary (very small or large, many digits and an exponent): only `comparableNumber` can tell. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const isNegative = bytes[start] === 0x2d
    let head = 0
    let digits = 0
    let scale = 0
    let isFraction = false
    let at = isNegative ? start + 1 : start
    for (; at < end && digits < SAFE_DIGITS; at += 1) {
      const digit = bytes[at]! - 0x30
      if (digit >= 0 && digit <= 9) {
        head = head * 10 + digit
        // Zeros before the first other digit are no digits.
        if (head !== 0) digits += 1
        if (isFraction) scale += 1
      } else if (digit === -2) isFraction = true
      else return this.#readExponent(bytes, at, end, { head, scale, isNegative })
    }
    let tail = 0
    let tailLength = 0
    for (let zeros = 0; at < end; at += 1) {
      const digit = bytes[at]! - 0x30
      if (digit > 0 && digit <= 9) {
        tailLength += zeros + 1
        // What has more digits than any double has is no double; its value is known well enough.
        if (tailLength <= 2) tail = tail * (zeros === 1 ? 100 : 10) + digit
        zeros = 0
      } else if (digit === 0) zeros += 1
      else if (digit === -2) isFraction = true
      else return false
      if (digit >= 0 && !isFraction) return false
    }
    if (scale > EXACT_POWER_MAX - 2) return false
    const value = head / POWERS[scale]!
    this.value = isNegative && value !== 0 ? -value : value
    this.tolerance = tailLength === 0 ? 0 : value * TOLERANCE
    this.#head = head
    this.#tail = tail
    this.#tailLength = tailLength
    this.#scale = scale + tailLength
    return true
  }

  /** A number that goes on with an exponent; its digits so far are few enough for any double. */
  #readExponent(bytes: Uint8Array, start: number, end: number, digits: Digits): boolean {
    const { head, scale, isNegative } = digits
    if ((bytes[start]! | 0x20) !== 0x65) return false
    const sign = bytes[start + 1]
    let at = sign === 0x2b || sign === 0x2d ? start + 2 : start + 1
    let exponent = 0
    for (; at < end; at += 1) {
      const digit = bytes[at]! - 0x30
      if (digit < 0 || digit > 9 || exponent > EXPONENT_MAX) return false
      exponent = exponent * 10 + digit
    }
    const power = (sign === 0x2d ? -exponent : exponent) - scale
    if (Math.abs(power) > EXPONENT_MAX) return false
    const isWhole = Math.abs(power) <= EXACT_POWER_MAX
    const factor = isWhole ? POWERS[Math.abs(power)]! : powerOf(power)
    const value = isWhole && power < 0 ? head / factor : head * factor
    const isZero = head === 0
    if (!isZero && (value < SMALLEST || value > LARGEST)) return false
    this.value = isNegative && !isZero ? -value : value
    this.tolerance = isWhole || isZero ? 0 : value * TOLERANCE
    this.#head = head
    this.#tail = 0
    this.#tailLength = isWhole || isZero ? 0 : UNDECIDED
    this.#scale = 0
    return true
  }

  /** Whether a double holds the number exactly; undefined when that is too close to call. */
  isExact(): boolean | undefined {
    if (this.#tailLength === UNDECIDED) return undefined
    if (this.#tailLength === 0) return true
    if (this.#tailLength > 2) return false
    return isShortest(this.#head, this.#tail, this.#tailLength, this.#scale)
  }
}

/** By the power and EXPONENT_MAX; made when first asked for. */
let largePowers: Float64Array | undefined

function powerOf(power: number): number {
  largePowers ??= Float64Array.from({ length: EXPONENT_MAX * 2 + 1 }, (_, index) =>
    Number(`1e${index - EXPONENT_MAX}`),
  )
  return largePowers[power + EXPONENT_MAX]!
}

const asDouble = new Float64Array(1)
const asWords = new Uint32Array(asDouble.buffer)

/**
 * Whether the number is the shortest form of the double next to it: no number with one digit less lies as near to
 * that double, and none with as many digits lies nearer. Worked out in pairs of doubles, some fifty bits finer than
 * the double itself.
 */
function isShortest(
  head: number,
  tail: number,
  tailLength: number,
  scale: number,
): boolean | undefined {
  const power = POWERS[scale]!
  const step = tailLength === 1 ? 10 : 100
  // All digits as an exact sum: the first part a multiple of 32 and so short enough, the second small.
  const low = head - Math.floor(head / 32) * 32
  const high = (head - low) * step
  const rest = low * step + tail
  const quotient = (high + rest) / power
  // What `quotient` lacks: (high + rest − quotient × power) ÷ power, the product exactly in two parts.
  const product = quotient * power
  const q1 = highHalf(quotient)
  const q2 = quotient - q1
  const p1 = highHalf(power)
  const p2 = power - p1
  const productRest = q1 * p1 - product + q1 * p2 + q2 * p1 + q2 * p2
  const lack = (high - product - productRest + rest) / power
  const double = quotient + lack
  const distance = lack - (double - quotient)

  asDouble[0] = double
  const exponent = (asWords[1]! >>> 20) & 0x7ff
  // Below a power of two doubles lie closer than above; the very small ones are no matter here.
  if (((asWords[1]! & 0xfffff) === 0 && asWords[0] === 0) || exponent <= 53) return undefined
  // Half of what the last bit of the double is worth.
  asWords[1] = (exponent - 53) << 20
  asWords[0] = 0
  const halfUlp = asDouble[0]
  const unit = 1 / power
  const nearest = compare(Math.abs(distance), unit / 2)
  if (nearest !== -1) return nearest === 1 ? false : undefined
  const digit = tail % 10
  const shorter = Math.min(
    Math.abs(distance - digit * unit),
    Math.abs(distance + (10 - digit) * unit),
  )
  const beyond = compare(shorter, halfUlp)
  return beyond === 0 ? undefined : beyond === 1
}

function highHalf(value: number): number {
  const scaled = SPLITTER * value
  return scaled - (scaled - value)
}

/** -1, 1, or 0 when they are too near to one another to tell. */
function compare(left: number, right: number): number {
  if (left < right * (1 - DOUBT)) return -1
  return left > right * (1 + DOUBT) ? 1 : 0
}

// Digits without outer zeros and the power of ten behind them: one spelling per number.
function decimalOf(text: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (parts === null) return text
  const fraction = parts[3] ?? ''
  const digits = ((parts[2] ?? '') + fraction).replace(/^0+/, '')
  const trimmed = stripTrailingZeros(digits)
  if (trimmed === '') return '0'
  const exponent = Number(parts[4] ?? 0) - fraction.length + digits.length - trimmed.length
  return `${parts[1]}${trimmed}e${exponent}`
}

// A regular expression would look at every run of zeros inside the number again.
function stripTrailingZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}
