// What metadata must be, in Kubernetes' own terms.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/

import type { Fault, Metadata } from '../model/index.ts'
import { ANNOTATIONS_SIZE_BYTES_MAX, METADATA_ENTRIES_MAX } from './limits.ts'

const NAME_LENGTH_MAX = 253
const NAMESPACE_LENGTH_MAX = 63
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const NAMESPACE = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const QUALIFIED_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
const LABEL_LENGTH_MAX = 63

export function validateMetadata(metadata: Metadata): readonly Fault[] {
  const { name, namespace, labels = {}, annotations = {}, finalizers = [] } = metadata
  const faults: Fault[] = []
  function expect(isRight: boolean, path: string, expected: string, actual: string): void {
    if (isRight) return
    const message = `expected ${expected}, got \`${actual.slice(0, 100)}\``
    faults.push({ path: `metadata.${path}`, message })
  }
  expect(isName(name), 'name', `a lower-case DNS subdomain of 1 to ${NAME_LENGTH_MAX}`, name)
  expect(isNamespace(namespace), 'namespace', 'a DNS label of 1 to 63', namespace)
  for (const [key, value] of Object.entries(labels)) {
    expect(isQualified(key), `labels`, 'a key of the form `prefix/name`', key)
    expect(isLabelValue(value), `labels["${key}"]`, 'at most 63 of [A-Za-z0-9._-]', value)
  }
  for (const key of Object.keys(annotations))
    expect(isQualified(key), 'annotations', 'a key of the form `prefix/name`', key)
  for (const finalizer of finalizers)
    expect(isQualified(finalizer), 'finalizers', 'a name of the form `prefix/name`', finalizer)
  const size = Buffer.byteLength(JSON.stringify(annotations))
  const sizeText = `at most ${ANNOTATIONS_SIZE_BYTES_MAX} bytes`
  expect(size <= ANNOTATIONS_SIZE_BYTES_MAX, 'annotations', sizeText, String(size))
  for (const part of ['labels', 'finalizers', 'ownerReferences'] as const) {
    const count = Object.keys(metadata[part] ?? {}).length
    expect(count <= METADATA_ENTRIES_MAX, part, `at most ${METADATA_ENTRIES_MAX}`, String(count))
  }
  return faults
}

function isName(name: string): boolean {
  return name.length <= NAME_LENGTH_MAX && NAME.test(name)
}

function isNamespace(namespace: string): boolean {
  return namespace.length <= NAMESPACE_LENGTH_MAX && NAMESPACE.test(namespace)
}

function isQualified(key: string): boolean {
  const slash = key.indexOf('/')
  const name = key.slice(slash + 1)
  const isPrefixed = slash === -1 || isName(key.slice(0, slash))
  return isPrefixed && name.length <= LABEL_LENGTH_MAX && QUALIFIED_NAME.test(name)
}

function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= LABEL_LENGTH_MAX && QUALIFIED_NAME.test(value))
}
