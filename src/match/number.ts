// Numbers as patterns compare them: by value where a double holds the written number exactly (its
// shortest decimal form is that number), otherwise only by their text.

/** The value to compare by, or undefined when no double stands for exactly this text. */
export function comparableNumber(text: string): number | undefined {
  const value = Number(text)
  // Up to fifteen digits always survive a double.
  if (text.length <= 15 && !/[eE]/.test(text)) return value === 0 ? 0 : value
  if (!Number.isFinite(value)) return undefined
  if (decimalOf(text) !== decimalOf(String(value))) return undefined
  return value === 0 ? 0 : value
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
