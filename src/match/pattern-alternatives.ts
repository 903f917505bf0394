// The array behind a field of a pattern: plain values and match expressions, each checked as AWS checks
// it, in the order in which AWS would notice a fault.

import { parseCidr, type Condition } from './condition.ts'
import { parseIp } from './ip.ts'
import { comparableNumber } from './number.ts'
import { readNumeric } from './pattern-numeric.ts'
import { PatternFault, type PatternReader } from './pattern-reader.ts'
import { encodeText } from './text.ts'
import { parseWildcard } from './wildcard.ts'

const ONE_KEY = 'Only one key allowed in match expression'

/** Reads from behind the opening bracket to the closing one. */
export function readAlternatives(reader: PatternReader): Condition[] {
  const conditions: Condition[] = []
  for (let token = reader.next(); token !== ']'; token = reader.next()) {
    if (token === '{') conditions.push(readExpression(reader))
    else conditions.push(readPlain(reader))
  }
  if (conditions.length === 0) throw reader.fault('Empty arrays are not allowed')
  return conditions
}

function readPlain(reader: PatternReader): Condition {
  const { token } = reader
  if (token === 'string') {
    const { text } = reader
    const address = parseIp(text)
    if (address !== undefined) return { kind: 'ip', address }
    return { kind: 'string', text: encodeText(text) }
  }
  if (token === 'number') return { kind: 'number', text: reader.text }
  if (token === 'true' || token === 'false' || token === 'null') {
    return { kind: 'literal', value: token }
  }
  throw reader.fault('Match value must be String, number, true, false, or null')
}

function readExpression(reader: PatternReader): Condition {
  if (reader.next() !== 'key') throw reader.fault('Match expression name not found')
  const { name } = reader
  switch (name) {
    case 'exactly':
      return readExactly(reader)
    case 'prefix':
    case 'suffix':
      return readAffix(reader, name)
    case 'numeric':
      return readNumeric(reader)
    case 'anything-but':
      return readAnythingBut(reader)
    case 'exists':
      return readExists(reader)
    case 'cidr':
      return readCidr(reader)
    case 'equals-ignore-case':
      return readFolded(reader, 'whole')
    case 'wildcard':
      return readWildcard(reader)
    default:
      throw reader.fault(`Unrecognized match type ${name}`)
  }
}

function readExactly(reader: PatternReader): Condition {
  const text = readString(reader, 'exact match pattern must be a string')
  closeExpression(reader, ONE_KEY)
  return { kind: 'string', text: encodeText(text) }
}

function readAffix(reader: PatternReader, name: 'prefix' | 'suffix'): Condition {
  if (reader.next() === '{') {
    const capitalised = name === 'prefix' ? 'Prefix' : 'Suffix'
    if (reader.next() !== 'key') throw reader.fault(`${capitalised} expression name not found`)
    if (reader.name !== 'equals-ignore-case') {
      throw reader.fault(`Unsupported ${name} pattern: ${reader.name}`)
    }
    const condition = readFolded(reader, name)
    closeExpression(reader, ONE_KEY)
    return condition
  }
  if (reader.token !== 'string') throw reader.fault(`${name} match pattern must be a string`)
  const text = encodeText(reader.text)
  closeExpression(reader, ONE_KEY)
  return { kind: name, text }
}

function readFolded(reader: PatternReader, part: 'whole' | 'prefix' | 'suffix'): Condition {
  const text = readString(reader, 'equals-ignore-case match pattern must be a string')
  closeExpression(reader, ONE_KEY)
  return { kind: 'folded', text, part }
}

function readWildcard(reader: PatternReader): Condition {
  const text = readString(reader, 'wildcard match pattern must be a string')
  const condition = wildcardOf(reader, text)
  closeExpression(reader, ONE_KEY)
  return condition
}

function readExists(reader: PatternReader): Condition {
  const token = reader.next()
  if (token !== 'true' && token !== 'false') {
    throw reader.fault('exists match pattern must be either true or false.')
  }
  closeExpression(reader, ONE_KEY)
  return { kind: token === 'true' ? 'exists' : 'absent' }
}

function readCidr(reader: PatternReader): Condition {
  // AWS's words for it, though nothing here is a prefix.
  const text = readString(reader, 'prefix match pattern must be a string')
  const condition = parseCidr(text)
  if ('fault' in condition) throw new PatternFault(condition.fault)
  closeExpression(reader, ONE_KEY)
  return condition
}

type ButKind = 'plain' | 'prefix' | 'suffix' | 'wildcard' | 'equals-ignore-case'

function readAnythingBut(reader: PatternReader): Condition {
  let kind: ButKind = 'plain'
  if (reader.next() === '{') {
    kind = readButKind(reader)
    reader.next()
  }
  const { token } = reader
  if (token !== '[' && token !== 'string' && token !== 'number') {
    throw reader.fault('Value of anything-but must be an array or single string/number value.')
  }
  const refused = token === '[' ? readButList(reader, kind) : [readButSingle(reader, kind)]
  const tooMany = 'Too many elements in numeric expression'
  closeExpression(reader, tooMany)
  if (kind !== 'plain') closeExpression(reader, tooMany)
  return { kind: 'but', refused }
}

function readButKind(reader: PatternReader): ButKind {
  if (reader.next() !== 'key') throw reader.fault('Anything-But expression name not found')
  const { name } = reader
  if (name === 'prefix' || name === 'suffix' || name === 'wildcard') return name
  if (name === 'equals-ignore-case') return name
  throw reader.fault(`Unsupported anything-but pattern: ${name}`)
}

function readButSingle(reader: PatternReader, kind: ButKind): Condition {
  if (kind !== 'plain') {
    const condition = readButText(reader, kind)
    return kind === 'wildcard' ? wildcardOf(reader, reader.text) : condition
  }
  const condition = butPlain(reader)
  if ('fault' in condition) throw new PatternFault(condition.fault)
  return condition
}

function readButList(reader: PatternReader, kind: ButKind): Condition[] {
  const conditions: Condition[] = []
  const texts: string[] = []
  const types = new Set<string | undefined>()
  try {
    for (let token = reader.next(); token !== ']'; token = reader.next()) {
      types.add(token)
      if (kind === 'plain') {
        const condition = butPlain(reader)
        // Said with one location, where the engine's own complaint has none.
        if ('fault' in condition) throw new PatternFault(condition.fault)
        conditions.push(condition)
      } else {
        conditions.push(readButText(reader, kind))
        texts.push(reader.text)
      }
    }
  } catch (error) {
    // The engine takes its own complaints for parse errors here and adds the location once more.
    if (error instanceof PatternFault) throw reader.fault(error.message)
    throw error
  }
  if (kind === 'plain' && types.size !== 1) {
    throw reader.fault(
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    )
  }
  return kind === 'wildcard' ? texts.map((text) => wildcardOf(reader, text)) : conditions
}

function butPlain(reader: PatternReader): Condition | { readonly fault: string } {
  if (reader.token === 'string') return { kind: 'string', text: encodeText(reader.text) }
  if (reader.token !== 'number') {
    throw reader.fault('Inside anything but list, start|null|boolean is not supported.')
  }
  const { text } = reader
  if (comparableNumber(text) === undefined) return { fault: `Cannot compare number : ${text}` }
  return { kind: 'number', text }
}

function readButText(reader: PatternReader, kind: Exclude<ButKind, 'plain'>): Condition {
  if (reader.token !== 'string') throw reader.fault(butTypeFault(kind))
  const { text } = reader
  if (kind === 'equals-ignore-case') return { kind: 'folded', text, part: 'whole' }
  if (kind === 'wildcard') return { kind: 'string', text: encodeText(text) }
  if (text === '') throw reader.fault('Null prefix/suffix not allowed')
  return { kind, text: encodeText(text) }
}

function butTypeFault(kind: Exclude<ButKind, 'plain'>): string {
  if (kind === 'wildcard') return 'wildcard match pattern must be a string'
  if (kind === 'equals-ignore-case') {
    return 'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.'
  }
  return 'prefix/suffix match pattern must be a string'
}

function wildcardOf(reader: PatternReader, text: string): Condition {
  const pieces = parseWildcard(encodeText(text))
  if ('fault' in pieces) throw reader.fault(pieces.fault)
  return { kind: 'wildcard', pieces }
}

function readString(reader: PatternReader, fault: string): string {
  if (reader.next() !== 'string') throw reader.fault(fault)
  return reader.text
}

function closeExpression(reader: PatternReader, fault: string): void {
  if (reader.next() !== '}') throw reader.fault(fault)
}
