// Functions that turn values into other forms and back: JSON, YAML, TOML, base64, hashes, paths, URLs, versions.
// https://masterminds.github.io/sprig/encoding.html, crypto.html, paths.html, url.html, semver.html, reflection.html

import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { fixed, type GoFunction } from './go-function.ts'
import { formatGoJson, parseGoJson } from './go-json.ts'
import { GoFault } from './go-template-error.ts'
import { formatGoToml } from './go-toml.ts'
import { deepEqual, GoList, GoMap, kindOf, typeOf, type GoValue } from './go-value.ts'
import { formatGoYaml, parseGoYaml } from './go-yaml.ts'
import { checkVersion } from './go-version.ts'
import { joinUrl, parseUrl } from './go-url.ts'
import type { Work } from './work.ts'

type Format = (value: GoValue, work: Work) => string

const toJson: Format = (value, work) => formatGoJson(value, { escapesHtml: true }, work)
const toPrettyJson: Format = (value, work) =>
  formatGoJson(value, { escapesHtml: true, indent: '  ' }, work)
const toRawJson: Format = (value, work) => formatGoJson(value, { escapesHtml: false }, work)

export const FORM_FUNCTIONS: Readonly<Record<string, GoFunction>> = {
  toJson: formatting(toJson, ''),
  toPrettyJson: formatting(toPrettyJson, ''),
  toRawJson: formatting(toRawJson),
  mustToJson: formatting(toJson),
  mustToPrettyJson: formatting(toPrettyJson),
  mustToRawJson: formatting(toRawJson),
  toYaml: formatting(formatGoYaml, ''),
  toToml: fixed(['any'], ([value], work) => orMessage(() => formatGoToml(value, work))),
  mustFromJson: fixed(['string'], ([text]) => parseGoJson(text)),
  fromJson: fixed(['string'], ([text]) => asMap(() => parseGoJson(text))),
  fromYaml: fixed(['string'], ([text]) => asMap(() => parseGoYaml(text))),
  fromJsonArray: fixed(['string'], ([text]) => asList(() => parseGoJson(text))),
  fromYamlArray: fixed(['string'], ([text]) => asList(() => parseGoYaml(text))),
  b64enc: fixed(['string'], ([text]) => Buffer.from(text).toString('base64')),
  b64dec: fixed(['string'], ([text]) => decodeBase64(text)),
  b32enc: fixed(['string'], ([text]) => encodeBase32(Buffer.from(text))),
  b32dec: fixed(['string'], ([text]) => decodeBase32(text)),
  sha1sum: fixed(['string'], ([text]) => createHash('sha1').update(text).digest('hex')),
  sha256sum: fixed(['string'], ([text]) => createHash('sha256').update(text).digest('hex')),
  adler32sum: fixed(['string'], ([text]) => String(adler32(Buffer.from(text)))),
  base: fixed(['string'], ([path]) => (path === '' ? '.' : posix.basename(path) || '/')),
  dir: fixed(['string'], ([path]) =>
    cleanPath(posix.dirname(path.endsWith('/') ? `${path}x` : path)),
  ),
  clean: fixed(['string'], ([path]) => cleanPath(path)),
  ext: fixed(['string'], ([path]) => /\.[^./]*$/.exec(path)?.[0] ?? ''),
  isAbs: fixed(['string'], ([path]) => path.startsWith('/')),
  urlParse: fixed(['string'], ([text]) => parseUrl(text)),
  urlJoin: fixed(['map'], ([parts]) => joinUrl(parts)),
  semverCompare: fixed(['string', 'string'], ([constraint, version]) =>
    checkVersion(constraint, version),
  ),
  typeOf: fixed(['any'], ([value]) => typeOf(value)),
  typeIs: fixed(['string', 'any'], ([type, value]) => type === typeOf(value)),
  typeIsLike: fixed(
    ['string', 'any'],
    ([type, value]) => type.replace(/^\*/, '') === typeOf(value),
  ),
  kindOf: fixed(['any'], ([value]) => kindOf(value)),
  kindIs: fixed(['string', 'any'], ([kind, value]) => kind === kindOf(value)),
  deepEqual: fixed(['any', 'any'], ([a, b], work) =>
    deepEqual(a, b, (cost) => {
      work.spend(cost)
    }),
  ),
  fail: fixed(['string'], ([message]) => {
    throw new GoFault(message)
  }),
}

/** With an `otherwise`, that is what a value which cannot be written is. */
function formatting(format: Format, otherwise?: string): GoFunction {
  return fixed(['any'], ([value], work) => {
    try {
      return format(value, work)
    } catch (error) {
      if (error instanceof GoFault && otherwise !== undefined) return otherwise
      throw error
    }
  })
}

function orMessage(make: () => string): string {
  try {
    return make()
  } catch (error) {
    if (error instanceof GoFault) return error.message
    throw error
  }
}

/** What is no map says so under `Error`, as in Helm. */
function asMap(parse: () => GoValue): GoMap {
  try {
    const value = parse()
    if (value instanceof GoMap) return value
    if (value === null) return new GoMap()
    throw new GoFault(
      `json: cannot unmarshal ${nounOf(value)} into Go value of type map[string]interface {}`,
    )
  } catch (error) {
    if (!(error instanceof GoFault)) throw error
    return new GoMap([['Error', error.message]])
  }
}

function asList(parse: () => GoValue): GoList {
  try {
    const value = parse()
    if (value instanceof GoList) return value
    if (value === null) return new GoList([])
    throw new GoFault(
      `json: cannot unmarshal ${nounOf(value)} into Go value of type []interface {}`,
    )
  } catch (error) {
    if (!(error instanceof GoFault)) throw error
    return new GoList([error.message])
  }
}

function nounOf(value: GoValue): string {
  if (value instanceof GoList) return 'array'
  if (value instanceof GoMap) return 'object'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'number' : 'string'
}

/** What is wrong is said in place of the text, as Sprig does. */
function decodeBase64(text: string): string {
  const bare = text.replaceAll(/[\r\n]/g, '')
  const wrong = /[^A-Za-z0-9+/]/.exec(bare.replace(/={1,2}$/, ''))?.index
  if (wrong !== undefined) return `illegal base64 data at input byte ${wrong}`
  if (bare.length % 4 !== 0)
    return `illegal base64 data at input byte ${bare.length - (bare.length % 4)}`
  return Buffer.from(bare, 'base64').toString()
}

const BASE_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function encodeBase32(bytes: Buffer): string {
  let [bits, text] = ['', '']
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  for (let at = 0; at < bits.length; at += 5) {
    text += BASE_32[Number.parseInt(bits.slice(at, at + 5).padEnd(5, '0'), 2)]!
  }
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=')
}

function decodeBase32(text: string): string {
  const bare = text.replaceAll(/[\r\n]/g, '').replace(/=+$/, '')
  const wrong = /[^A-Z2-7]/.exec(bare)?.index
  if (wrong !== undefined) return `illegal base32 data at input byte ${wrong}`
  let bits = ''
  for (const character of bare) bits += BASE_32.indexOf(character).toString(2).padStart(5, '0')
  const bytes = bits.match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))).toString()
}

function adler32(bytes: Buffer): number {
  let [a, b] = [1, 0]
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return b * 65_536 + a
}

function cleanPath(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, '')
}
