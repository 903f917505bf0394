// The settings of an S3 bucket, each in the words of the S3 API: `versioningConfiguration: { status: Enabled }`.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html

import { createHash } from 'node:crypto'
import type { Json } from '../../../structure/index.ts'
import { asText, isList, isObject } from '../../json-tree.ts'
import { contains } from './drift.ts'
import type { Part, PartAt } from './parts.ts'
import { containsXml, formatXml, parseXml, type XmlNode } from './xml-tree.ts'

interface Setting {
  readonly member: string
  /** Of the path's query. */
  readonly query: string
  /** The element of a body; the member with a capital when absent. */
  readonly root?: string
  /** What it is set to when it is wanted no more; it is deleted when absent. */
  readonly unset?: Json
}

const SETTINGS: readonly Setting[] = [
  { member: 'versioningConfiguration', query: 'versioning', unset: { status: 'Suspended' } },
  { member: 'serverSideEncryptionConfiguration', query: 'encryption' },
  { member: 'publicAccessBlockConfiguration', query: 'publicAccessBlock' },
  { member: 'ownershipControls', query: 'ownershipControls' },
  { member: 'corsConfiguration', query: 'cors', root: 'CORSConfiguration' },
  { member: 'lifecycleConfiguration', query: 'lifecycle' },
  { member: 'websiteConfiguration', query: 'website' },
  { member: 'accelerateConfiguration', query: 'accelerate', unset: { status: 'Suspended' } },
]

/** Lists that are elements of this name one after another, without one around them. */
const ITEMS: Readonly<Record<string, string>> = {
  Rules: 'Rule',
  CORSRules: 'CORSRule',
  AllowedOrigins: 'AllowedOrigin',
  AllowedMethods: 'AllowedMethod',
  AllowedHeaders: 'AllowedHeader',
  ExposeHeaders: 'ExposeHeader',
  Transitions: 'Transition',
  NoncurrentVersionTransitions: 'NoncurrentVersionTransition',
  Tags: 'Tag',
}
/** Lists with one around them, and the name of their items. */
const WRAPPED: Readonly<Record<string, string>> = { TagSet: 'Tag', RoutingRules: 'RoutingRule' }
/** Names that are not only written with a capital. */
const NAMES: Readonly<Record<string, string>> = {
  id: 'ID',
  corsRules: 'CORSRules',
  sseAlgorithm: 'SSEAlgorithm',
  kmsMasterKeyID: 'KMSMasterKeyID',
  kmsMasterKeyId: 'KMSMasterKeyID',
}

export const BUCKET_PARTS: readonly Part[] = [
  ...SETTINGS.map((setting) => partOf(setting)),
  tagsPart(),
  policyPart(),
]

function partOf({ member, query, root = nameOf(member), unset }: Setting): Part {
  return {
    name: query,
    members: [member],
    wanted: (wanted) => wanted[member],
    names: () => [],
    isAgreed: (at, wanted) => isXmlAgreed(at, query, nodeOf(root, wanted)),
    async write(at, wanted) {
      const set = wanted ?? unset
      if (set === undefined) await unsetAt(at, query)
      else await putXml(at, query, nodeOf(root, set))
    },
  }
}

/** Written as a map, as everywhere else. */
function tagsPart(): Part {
  return {
    name: 'tagging',
    members: ['tags'],
    wanted: ({ tags }) => tags,
    names: () => [],
    isAgreed: (at, wanted) => isXmlAgreed(at, 'tagging', tagsNode(wanted)),
    // All of them are set at once: those that others gave the bucket go.
    write: async (at, wanted) =>
      isObject(wanted) && Object.keys(wanted).length > 0
        ? putXml(at, 'tagging', tagsNode(wanted))
        : unsetAt(at, 'tagging'),
  }
}

/** A policy is JSON, written as an object or as its text. */
function policyPart(): Part {
  return {
    name: 'policy',
    members: ['policy'],
    wanted: ({ policy }) => policy,
    names: () => [],
    async isAgreed({ id, look }, wanted) {
      const { status, text } = await look({ method: 'GET', path: [id], query: { policy: '' } })
      return status === 200 && contains(JSON.parse(text), policyOf(wanted))
    },
    async write(at, wanted) {
      if (wanted === undefined) return unsetAt(at, 'policy')
      const text = JSON.stringify(policyOf(wanted))
      await at.call({ method: 'PUT', path: [at.id], query: { policy: '' }, text })
    },
  }
}

function tagsNode(wanted: Json): XmlNode {
  const tags = Object.entries(isObject(wanted) ? wanted : {})
  return nodeOf('Tagging', { tagSet: tags.map(([key, value]) => ({ key, value: value ?? '' })) })
}

function policyOf(wanted: Json): Json {
  if (typeof wanted !== 'string') return wanted
  try {
    return JSON.parse(wanted) as Json
  } catch (error) {
    throw new Error(`\`policy\` is no JSON, expected an object or its text`, { cause: error })
  }
}

async function isXmlAgreed({ id, look }: PartAt, query: string, wanted: XmlNode): Promise<boolean> {
  const { status, text } = await look({ method: 'GET', path: [id], query: { [query]: '' } })
  const shown = status === 200 ? parseXml(text) : undefined
  return shown !== undefined && containsXml(shown, wanted)
}

async function putXml({ id, call }: PartAt, query: string, wanted: XmlNode): Promise<void> {
  const text = formatXml(wanted)
  // S3 wants a checksum of some of them, and takes it for all.
  const headers = { 'content-md5': createHash('md5').update(text).digest('base64') }
  await call({ method: 'PUT', path: [id], query: { [query]: '' }, text, headers })
}

async function unsetAt({ id, call }: PartAt, query: string): Promise<void> {
  await call({ method: 'DELETE', path: [id], query: { [query]: '' } })
}

function nodeOf(name: string, value: Json): XmlNode {
  if (!isObject(value))
    return { name, text: isList(value) || value === null ? '' : asText(value), below: [] }
  const below = Object.entries(value).flatMap(([member, inside]) =>
    inside === undefined ? [] : nodesOf(nameOf(member), inside),
  )
  return { name, text: '', below }
}

function nodesOf(name: string, value: Json): readonly XmlNode[] {
  if (!isList(value)) return [nodeOf(name, value)]
  const wrapped = WRAPPED[name]
  if (wrapped !== undefined)
    return [{ name, text: '', below: value.map((item) => nodeOf(wrapped, item)) }]
  return value.map((item) => nodeOf(ITEMS[name] ?? name, item))
}

function nameOf(member: string): string {
  return NAMES[member] ?? member.charAt(0).toUpperCase() + member.slice(1)
}
