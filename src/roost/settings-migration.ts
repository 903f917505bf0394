// Configurations of older forms, made into today's. A configuration says its form as `version`; one that says none is
// of form 0, in which some values stood otherwise.
//
// Form 1 has `acks` as a word, brokers as a list and no empty texts.

/** The form that this release writes and reads without change. */
export const SETTINGS_VERSION = 1

export interface Migrated {
  readonly tree: Readonly<Record<string, unknown>>
  /** What was changed, for the log. */
  readonly notes: readonly string[]
}

type Tree = Readonly<Record<string, unknown>>

const ACKS: Readonly<Record<string, string>> = { '-1': 'all', '1': 'leader', '0': 'none' }

/** Undefined for a form that this release does not know. */
export function migrateSettings(tree: Tree): Migrated | undefined {
  const { version = 0, ...rest } = tree
  if (version === SETTINGS_VERSION) return { tree: rest, notes: [] }
  return version === 0 ? fromNone(rest) : undefined
}

function fromNone(tree: Tree): Migrated {
  const notes: string[] = []
  const filled = withoutEmpty(tree, '', notes)
  const listed = change(filled, ['kafka', 'brokers'], (brokers) => {
    if (typeof brokers !== 'string') return brokers
    notes.push('`kafka.brokers` is a list')
    return brokers.split(',').map((one) => one.trim())
  })
  const worded = change(listed, ['kafka', 'producer', 'acks'], (acks) => {
    const word = ACKS[String(acks)]
    if (word === undefined) return acks
    notes.push(`\`kafka.producer.acks\` \`${String(acks)}\` is \`${word}\``)
    return word
  })
  return { tree: worded, notes }
}

/** Empty texts were how a value was left out. */
function withoutEmpty(tree: Tree, at: string, notes: string[]): Tree {
  const kept: [string, unknown][] = []
  for (const [name, value] of Object.entries(tree)) {
    const key = at === '' ? name : `${at}.${name}`
    if (value === '') notes.push(`\`${key}\` is left out`)
    else kept.push([name, isTree(value) ? withoutEmpty(value, key, notes) : value])
  }
  return Object.fromEntries(kept)
}

function change(tree: Tree, path: readonly string[], by: (value: unknown) => unknown): Tree {
  const [name, ...rest] = path
  if (name === undefined || !Object.hasOwn(tree, name)) return tree
  const value = tree[name]
  if (rest.length === 0) return { ...tree, [name]: by(value) }
  return isTree(value) ? { ...tree, [name]: change(value, rest, by) } : tree
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
