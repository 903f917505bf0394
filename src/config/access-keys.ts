// The file of access keys that `start` verifies signatures with: a list of `accessKeyId`, `secretAccessKey`,
// `account`, and `user` with `groups`. Faults name an entry by its place and never show a secret.

import { readFileSync, statSync } from 'node:fs'
import { describeError, parseYaml } from '../base/index.ts'
import type { AccessKey } from './config.ts'
import { isMapping } from './config-file.ts'
import type { Faults } from './faults.ts'
import { ACCESS_KEYS_MAX, CONFIG_FILE_SIZE_BYTES_MAX } from './limits.ts'
import { Secret } from './secret.ts'

const DEFAULT_ACCOUNT = '000000000000'
const ID_PATTERN = /^\w{3,128}$/
const SECRET_LENGTH_MIN = 16
const NAME_LENGTH_MAX = 253

export function readAccessKeys(path: string, faults: Faults): readonly AccessKey[] {
  const content = readList(path, faults)
  if (content === undefined) return []
  const keys = content.flatMap((entry, index) => parseKey(`${path}[${index}]`, entry, faults))
  refuseTwice(path, keys, faults)
  return keys
}

function readList(path: string, faults: Faults): readonly unknown[] | undefined {
  let content: unknown
  try {
    if (isReadableByOthers(path)) {
      faults.add(`expected \`${path}\` not to be readable by everyone, run \`chmod 600 ${path}\``)
    }
    if (statSync(path).size > CONFIG_FILE_SIZE_BYTES_MAX) {
      faults.add(`expected \`${path}\` to have at most ${CONFIG_FILE_SIZE_BYTES_MAX} bytes`)
      return undefined
    }
    content = parseYaml(readFileSync(path, 'utf8'), { prettyErrors: false, maxAliasCount: 0 })
  } catch (error) {
    // The parser's message would quote the file, and with it a secret.
    const isSystem = error instanceof Error && 'syscall' in error
    faults.add(`cannot read \`${path}\`: ${isSystem ? describeError(error) : 'not valid YAML'}`)
    return undefined
  }
  if (Array.isArray(content) && content.length > 0 && content.length <= ACCESS_KEYS_MAX) {
    return content
  }
  faults.add(`expected \`${path}\` to hold a list of 1 to ${ACCESS_KEYS_MAX} access keys`)
  return undefined
}

function isReadableByOthers(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & 0o007) !== 0
}

function parseKey(place: string, entry: unknown, faults: Faults): readonly AccessKey[] {
  if (!isMapping(entry)) {
    faults.add(`expected \`${place}\` to be a mapping with \`accessKeyId\` and \`secretAccessKey\``)
    return []
  }
  const { accessKeyId: id, secretAccessKey: secret, account = DEFAULT_ACCOUNT, ...more } = entry
  const { user, groups = [], ...rest } = more
  for (const name of Object.keys(rest)) faults.add(`unknown option \`${place}.${name}\``)
  const isIdRight = typeof id === 'string' && ID_PATTERN.test(id)
  const isSecretRight = typeof secret === 'string' && secret.length >= SECRET_LENGTH_MIN
  const isAccountRight = typeof account === 'string' && /^\d{12}$/.test(account)
  if (!isIdRight)
    faults.add(`expected \`${place}.accessKeyId\` to have 3 to 128 letters and digits`)
  if (!isSecretRight) {
    faults.add(
      `expected \`${place}.secretAccessKey\` to have at least ${SECRET_LENGTH_MIN} characters`,
    )
  }
  if (!isAccountRight) {
    faults.add(
      `expected \`${place}.account\` to be twelve digits in quotes, got \`${String(account)}\``,
    )
  }
  const isUserRight = user === undefined || isName(user)
  if (!isUserRight) faults.add(`expected \`${place}.user\` to be the name of a user`)
  const areGroupsRight = Array.isArray(groups) && groups.every((group) => isName(group))
  if (!areGroupsRight) faults.add(`expected \`${place}.groups\` to be a list of names`)
  if (areGroupsRight && groups.length > 0 && user === undefined)
    faults.add(`expected \`${place}.user\` beside \`${place}.groups\``)
  if (!isIdRight || !isSecretRight || !isAccountRight || !isUserRight || !areGroupsRight) return []
  const who = user === undefined ? {} : { user }
  return [{ accessKeyId: id, secretAccessKey: new Secret(secret), account, ...who, groups }]
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= NAME_LENGTH_MAX
}

function refuseTwice(path: string, keys: readonly AccessKey[], faults: Faults): void {
  const seen = new Set<string>()
  for (const { accessKeyId } of keys) {
    if (seen.has(accessKeyId))
      faults.add(`access key \`${accessKeyId}\` stands twice in \`${path}\``)
    seen.add(accessKeyId)
  }
}
