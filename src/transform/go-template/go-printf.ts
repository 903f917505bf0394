// `Sprintf`, with Go's words for what does not fit: `%!d(string=a)`, `%!d(MISSING)`, `%!(EXTRA int=1)`.
// https://pkg.go.dev/fmt#hdr-Printing

import { runes } from './runes.ts'
import {
  formatFloat,
  formatLeaf,
  isPrintable,
  quoteText,
  writeValue,
  type Leaf,
} from './go-format.ts'
import { GoInt, GoTime, typeOf, type GoValue } from './go-value.ts'
import { WIDTH_MAX } from './limits.ts'
import { GrowingText, type Work } from './work.ts'

interface Directive {
  readonly flags: string
  readonly width: number | undefined
  readonly precision: number | undefined
  readonly verb: string
}

const DIRECTIVE = /%([+\-# 0]*)(\d+|\*)?(?:\.(\d+|\*)?)?([^]?)/gu

export function sprintf(format: string, values: readonly GoValue[], work: Work): string {
  const out = new GrowingText(work)
  let next = 0
  let at = 0
  for (const match of format.matchAll(DIRECTIVE)) {
    out.write(format.slice(at, match.index))
    at = match.index + match[0].length
    const [text, flags, widthText, precisionText, verb] = match
    const star = (): number => {
      const value = values[next]
      next += 1
      return value instanceof GoInt ? Number(value.value) : 0
    }
    const width =
      widthText === '*' ? star() : widthText === undefined ? undefined : Number(widthText)
    const precision = !text.includes('.')
      ? undefined
      : precisionText === '*'
        ? star()
        : Number(precisionText ?? 0)
    if ((width ?? 0) > WIDTH_MAX || (precision ?? 0) > WIDTH_MAX) out.write('%!(BADWIDTH)')
    else if (verb === '') out.write('%!(NOVERB)')
    else if (verb === '%') out.write('%')
    else if (next >= values.length) out.write(`%!${verb}(MISSING)`)
    else {
      const isLeft = flags!.includes('-') || (width ?? 0) < 0
      const directive = {
        flags: flagsOf(flags!, verb!, isLeft),
        width: width === undefined ? undefined : Math.abs(width),
        precision,
        verb: verb!,
      }
      writeDirective(values[next], directive, out)
      next += 1
    }
  }
  out.write(format.slice(at))
  if (next < values.length) writeExtra(values.slice(next), out)
  return out.toString()
}

/** To the left nothing is filled with zeros; with `%v` the signs mean other things, of which we know none. */
function flagsOf(flags: string, verb: string, isLeft: boolean): string {
  const known = verb === 'v' ? flags.replaceAll(/[+#]/g, '') : flags
  return isLeft ? `${known.replaceAll('0', '')}-` : known
}

function writeExtra(values: readonly GoValue[], out: GrowingText): void {
  out.write('%!(EXTRA ')
  for (const [index, value] of values.entries()) {
    if (index > 0) out.write(', ')
    if (value === undefined || value === null) out.write('<nil>')
    else {
      out.write(`${typeOf(value)}=`)
      writeValue(value, out, formatLeaf)
    }
  }
  out.write(')')
}

function writeDirective(value: GoValue, directive: Directive, out: GrowingText): void {
  if (directive.verb === 'T') return out.write(pad(typeOf(value), directive))
  if (value === undefined || value === null) {
    return out.write(
      directive.verb === 'v' ? pad('<nil>', directive) : `%!${directive.verb}(<nil>)`,
    )
  }
  writeValue(value, out, (leaf) => formatDirective(leaf, directive))
}

function formatDirective(value: Leaf, directive: Directive): string {
  if (value === undefined || value === null) return pad('<nil>', directive)
  if (typeof value === 'string') return formatText(value, directive)
  if (value instanceof GoTime) return formatText(formatLeaf(value), directive)
  if (typeof value === 'boolean') {
    return /[tv]/.test(directive.verb) ? pad(String(value), directive) : misfit(value, directive)
  }
  return value instanceof GoInt ? formatInt(value, directive) : formatReal(value, directive)
}

function formatText(value: string, directive: Directive): string {
  const { precision, verb } = directive
  const text = precision === undefined ? value : runes(value).slice(0, precision).join('')
  switch (verb) {
    case 'v':
    case 's':
      return pad(text, directive)
    case 'q':
      return pad(quoteText(text), directive)
    case 'x':
      return pad(Buffer.from(text).toString('hex'), directive)
    case 'X':
      return pad(Buffer.from(text).toString('hex').toUpperCase(), directive)
    default:
      return misfit(value, directive)
  }
}

const BASES: Readonly<Record<string, number>> = { b: 2, d: 10, o: 8, O: 8, v: 10, x: 16, X: 16 }
const PREFIXES: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' }

function formatInt(value: GoInt, directive: Directive): string {
  const { flags, precision, verb } = directive
  const character = String.fromCodePoint(isCodePoint(value.value) ? Number(value.value) : 0xfffd)
  if (verb === 'c') return pad(character, directive)
  if (verb === 'q') return pad(quoteText(character, "'"), directive)
  if (verb === 'U') return pad(formatCodePoint(value.value, character, flags), directive)
  const base = BASES[verb]
  if (base === undefined) return misfit(value, directive)
  const size = value.value < 0n ? -value.value : value.value
  const digits =
    precision === 0 && size === 0n ? '' : size.toString(base).padStart(precision ?? 0, '0')
  const prefix = verb === 'O' ? '0o' : flags.includes('#') ? (PREFIXES[verb] ?? '') : ''
  const body = (verb === 'X' ? digits.toUpperCase() : digits).replace(/^/, prefix)
  return padNumber(signOf(value.value < 0n, flags), body, directive)
}

function formatCodePoint(value: bigint, character: string, flags: string): string {
  const code = `U+${value.toString(16).toUpperCase().padStart(4, '0')}`
  return flags.includes('#') && isPrintable(character) ? `${code} '${character}'` : code
}

function isCodePoint(value: bigint): boolean {
  return value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value < 0xe000n)
}

function formatReal(value: number, directive: Directive): string {
  const { flags, precision, verb } = directive
  if (!/[vgGeEfF]/.test(verb)) return misfit(value, directive)
  const kind = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb
  const digits = precision ?? (kind === 'g' || kind === 'G' ? -1 : 6)
  const text = formatFloat(value, kind, digits)
  const body = text.replace(/^[+-]/, '')
  return padNumber(signOf(text.startsWith('-'), flags), body, directive)
}

function signOf(isNegative: boolean, flags: string): string {
  if (isNegative) return '-'
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
}

function padNumber(sign: string, body: string, directive: Directive): string {
  const isWhole = directive.verb !== 'v' && BASES[directive.verb] !== undefined
  const isZero = directive.flags.includes('0') && !(isWhole && directive.precision !== undefined)
  if (!isZero) return pad(sign + body, { ...directive, flags: directive.flags.replace('0', '') })
  return sign + body.padStart((directive.width ?? 0) - sign.length, '0')
}

function pad(text: string, { flags, width }: Directive): string {
  const missing = (width ?? 0) - runes(text).length
  if (missing <= 0) return text
  if (flags.includes('-')) return text + ' '.repeat(missing)
  return (flags.includes('0') ? '0' : ' ').repeat(missing) + text
}

function misfit(value: Leaf, { verb }: Directive): string {
  return `%!${verb}(${typeOf(value)}=${formatLeaf(value)})`
}
