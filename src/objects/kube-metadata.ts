// What metadata of an object may be, in the real server's words, and which of it belongs to whom.
// https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go

import type { Random } from '../base/index.ts'
import type { FieldFault } from '../structure/index.ts'
import { ANNOTATIONS_SIZE_BYTES_MAX } from './limits.ts'
import type { KubeMetadata } from './kube-object.ts'
import type { ResourceStrategy } from './resource-type.ts'

const LABEL_LENGTH_MAX = 63
const NAME_LENGTH_MAX = 253
const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const DNS_SUBDOMAIN = String.raw`${DNS_LABEL}(\.${DNS_LABEL})*`
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const LABEL_VALUE = `(${QUALIFIED})?`

const SUBDOMAIN_TEXT =
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start ` +
  `and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${DNS_SUBDOMAIN}')`
const LABEL_TEXT =
  `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end ` +
  `with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${DNS_LABEL}')`
const QUALIFIED_TEXT =
  `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric ` +
  `character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}')`
const LABEL_VALUE_TEXT =
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and ` +
  `end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is ` +
  `'${LABEL_VALUE}')`

const isSubdomain = whole(DNS_SUBDOMAIN)
const isLabel = whole(DNS_LABEL)
const isQualified = whole(QUALIFIED)
const isLabelValue = whole(LABEL_VALUE)

/** The members of metadata that are kept; all others are unknown fields. */
export const METADATA_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'managedFields',
  'selfLink',
])

export function validateKubeMetadata(
  metadata: KubeMetadata,
  rule: ResourceStrategy['nameRule'] = 'subdomain',
): readonly FieldFault[] {
  const { labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } = metadata
  const faults: FieldFault[] = nameTexts(metadata.name, rule).map((text) =>
    invalidValue('metadata.name', metadata.name, text),
  )
  for (const [key, value] of Object.entries(labels)) {
    for (const text of keyTexts(key)) faults.push(invalidValue('metadata.labels', key, text))
    for (const text of labelTexts(value)) faults.push(invalidValue('metadata.labels', value, text))
  }
  let size = 0
  for (const [key, value] of Object.entries(annotations)) {
    size += Buffer.byteLength(key) + Buffer.byteLength(value)
    for (const text of keyTexts(key.toLowerCase()))
      faults.push(invalidValue('metadata.annotations', key, text))
  }
  if (size > ANNOTATIONS_SIZE_BYTES_MAX) {
    const message = `Too long: may not be more than ${ANNOTATIONS_SIZE_BYTES_MAX} bytes`
    faults.push({ type: 'FieldValueTooLong', field: 'metadata.annotations', message })
  }
  for (const finalizer of finalizers)
    for (const text of keyTexts(finalizer))
      faults.push(invalidValue('metadata.finalizers', finalizer, text))
  for (const [index, owner] of ownerReferences.entries())
    for (const part of ['apiVersion', 'kind', 'name', 'uid'] as const)
      if (typeof owner[part] !== 'string' || owner[part] === '') {
        const field = `metadata.ownerReferences[${index}].${part}`
        faults.push({ ...invalidValue(field, owner[part] ?? '', `${part} must not be empty`) })
      }
  return faults
}

/** A field whose value is wrong, as `field.Invalid` prints it. */
export function invalidValue(field: string, value: unknown, text: string): FieldFault {
  return {
    type: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${JSON.stringify(value) ?? 'null'}: ${text}`,
  }
}

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789'
const SUFFIX_LENGTH = 5

/** A name for a `generateName`, as the real server draws it: five letters that spell no words. */
export function generateName(base: string, random: Random): string {
  const head = base.slice(0, LABEL_LENGTH_MAX - SUFFIX_LENGTH)
  let suffix = ''
  for (let nth = 0; nth < SUFFIX_LENGTH; nth += 1)
    suffix += SUFFIX_LETTERS[Math.floor(random.next() * SUFFIX_LETTERS.length)]!
  return head + suffix
}

function nameTexts(name: string, rule: ResourceStrategy['nameRule']): readonly string[] {
  if (rule === 'path') {
    if (name === '.' || name === '..') return [`may not be '${name}'`]
    return ['/', '%']
      .filter((part) => name.includes(part))
      .map((part) => `may not contain '${part}'`)
  }
  const lengthMax = rule === 'label' ? LABEL_LENGTH_MAX : NAME_LENGTH_MAX
  const texts = name.length > lengthMax ? [`must be no more than ${lengthMax} characters`] : []
  if (rule === 'label') return isLabel(name) ? texts : [...texts, LABEL_TEXT]
  return isSubdomain(name) ? texts : [...texts, SUBDOMAIN_TEXT]
}

function keyTexts(key: string): readonly string[] {
  const parts = key.split('/')
  if (parts.length > 2)
    return [
      `a qualified name ${QUALIFIED_TEXT.slice('name part '.length)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  const name = parts.at(-1)!
  const texts: string[] = []
  if (parts.length === 2 && parts[0] === '') texts.push('prefix part must be non-empty')
  else if (parts.length === 2 && !isSubdomain(parts[0]!))
    texts.push(`prefix part ${SUBDOMAIN_TEXT}`)
  if (name === '') texts.push('name part must be non-empty')
  else if (name.length > LABEL_LENGTH_MAX)
    texts.push(`name part must be no more than ${LABEL_LENGTH_MAX} characters`)
  if (!isQualified(name)) texts.push(QUALIFIED_TEXT)
  return texts
}

/** What is wrong with a value of a label. */
export function labelTexts(value: string): readonly string[] {
  const texts =
    value.length > LABEL_LENGTH_MAX ? [`must be no more than ${LABEL_LENGTH_MAX} characters`] : []
  return isLabelValue(value) ? texts : [...texts, LABEL_VALUE_TEXT]
}

function whole(pattern: string): (text: string) => boolean {
  const expression = new RegExp(`^${pattern}$`)
  // Longer ones are refused for their length; the expressions look at no more than that.
  return (text) => expression.test(text.slice(0, NAME_LENGTH_MAX + 1))
}
