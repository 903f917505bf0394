// How an AWS resource's identity becomes a Kubernetes name, and back. AWS names hold capitals, dots, slashes
// and underscores; metadata.name is a DNS-1123 subdomain. Each part is escaped (`z` is the escape: `zz` is a
// z, `zhh` a byte), and parts are joined by dots: `us-east-1.default.zz4forders`.

import { createHash } from 'node:crypto'
import { DEFAULT_ACCOUNT } from './arn.ts'

const NAME_LENGTH_MAX = 253

/** As much as ends in no half of an escape, which would read as another one with what follows it. */
const WHOLE_ESCAPES = /^(?:zz|z[0-9a-f]{2}|[^z])*/

export function encodeName(parts: readonly string[]): string {
  const name = parts.map((part) => encodePart(part)).join('.')
  if (name.length <= NAME_LENGTH_MAX) return name
  // Too long to be reversible: the AWS name is in spec, so unique is enough. `zx` begins no escape.
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32)
  const [start] = WHOLE_ESCAPES.exec(name.slice(0, 200))!
  return `${start.replace(/[^a-z0-9]+$/, '')}zx${hash}`
}

/** The parts that `encodeName` was given, or undefined for a name it did not make or had to shorten. */
export function decodeName(name: string): readonly string[] | undefined {
  const parts: string[] = []
  for (const part of name.split('.')) {
    const decoded = decodePart(part)
    if (decoded === undefined) return undefined
    parts.push(decoded)
  }
  return parts
}

export function namespaceOf(account: string): string {
  return account === DEFAULT_ACCOUNT ? 'default' : account
}

export function accountOf(namespace: string): string {
  return namespace === 'default' ? DEFAULT_ACCOUNT : namespace
}

function encodePart(part: string): string {
  const bytes = Buffer.from(part)
  let text = ''
  for (const [index, byte] of bytes.entries()) {
    const character = String.fromCharCode(byte)
    const isInner = index > 0 && index < bytes.length - 1
    if (character === 'z') text += 'zz'
    else if (/[a-y0-9]/.test(character) || (character === '-' && isInner)) text += character
    else text += `z${byte.toString(16).padStart(2, '0')}`
  }
  return text
}

function decodePart(part: string): string | undefined {
  const bytes: number[] = []
  for (let index = 0; index < part.length; index += 1) {
    const character = part[index]!
    if (character !== 'z') {
      bytes.push(character.charCodeAt(0))
      continue
    }
    if (part[index + 1] === 'z') {
      bytes.push(0x7a)
      index += 1
      continue
    }
    const hex = part.slice(index + 1, index + 3)
    if (!/^[0-9a-f]{2}$/.test(hex)) return undefined
    bytes.push(Number.parseInt(hex, 16))
    index += 2
  }
  return Buffer.from(bytes).toString()
}
