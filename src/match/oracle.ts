// A second matcher, for tests only: the documented rules written down as plainly as they are said, over
// parsed values, sharing nothing with the matcher that it judges. It tries every choice of array elements,
// so it is for small events.

/** A scalar with the text it was written in, because numbers may compare by it. */
interface Scalar {
  readonly value: unknown
  readonly source: string
}

type Tree = Scalar | Tree[] | Map<string, Tree>
type Alternatives = readonly unknown[]
/** The scalars under each path, keys joined with dots. */
type View = ReadonlyMap<string, readonly Scalar[]>

/** Whether the event (JSON text) matches the pattern (JSON text, valid). */
export function oracleMatches(pattern: string, event: string): boolean {
  const tree = parseTree(event)
  const everything = flatten(tree, '')
  const views = viewsOf(tree, '')
  return branchesOf([new Map()], parseTree(pattern), '').some((branch) =>
    views.some((view) =>
      [...branch].every(([path, alternatives]) => {
        if (!everything.has(path)) return alternatives.some((each) => isExists(each, false))
        const leaves = view.get(path) ?? []
        return leaves.some((leaf) => alternatives.some((each) => accepts(each, leaf)))
      }),
    ),
  )
}

function parseTree(text: string): Tree {
  const parsed: unknown = JSON.parse(text, function (_key, value: unknown, context?: unknown) {
    if (Array.isArray(value)) return value
    if (typeof value === 'object' && value !== null) return new Map(Object.entries(value))
    return { value, source: (context as { source: string }).source }
  })
  return parsed as Tree
}

function isScalar(tree: Tree): tree is Scalar {
  return !Array.isArray(tree) && !(tree instanceof Map)
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function flatten(tree: Tree, path: string): View {
  if (isScalar(tree)) return new Map([[path, [tree]]])
  if (Array.isArray(tree)) return mergeAll(tree.map((element) => flatten(element, path)))
  return mergeAll(Array.from(tree, ([key, value]) => flatten(value, join(path, key))))
}

function mergeAll(views: readonly View[]): View {
  const merged = new Map<string, Scalar[]>()
  for (const view of views) {
    for (const [path, leaves] of view) merged.set(path, [...(merged.get(path) ?? []), ...leaves])
  }
  return merged
}

// What is seen under each choice: of every array its scalars, and one of its objects and arrays.
function viewsOf(tree: Tree, path: string): View[] {
  if (isScalar(tree)) return [flatten(tree, path)]
  if (!Array.isArray(tree)) {
    return product(Array.from(tree, ([key, value]) => viewsOf(value, join(path, key))))
  }
  const scalars = flatten(tree.filter(isScalar), path)
  const choices = tree
    .filter((element) => !isScalar(element))
    .flatMap((each) => viewsOf(each, path))
  return choices.length === 0 ? [scalars] : product([[scalars], choices])
}

function product(members: readonly View[][]): View[] {
  let views: View[] = [new Map()]
  for (const choices of members) {
    views = views.flatMap((view) => choices.map((choice) => mergeAll([view, choice])))
  }
  return views
}

type OracleBranch = Map<string, Alternatives>

function branchesOf(
  branches: readonly OracleBranch[],
  pattern: Tree,
  path: string,
): OracleBranch[] {
  let current = [...branches]
  for (const [key, value] of pattern as Map<string, Tree>) {
    if (key === '$or') {
      const before = current
      current = (value as Tree[]).flatMap((each) => branchesOf(before, each, path))
    } else if (Array.isArray(value)) {
      current = current.map((branch) => new Map([...branch, [join(path, key), value]]))
    } else current = branchesOf(current, value, join(path, key))
  }
  return current
}

function isExists(alternative: unknown, expected: boolean): boolean {
  if (!(alternative instanceof Map)) return false
  return (alternative.get('exists') as Scalar | undefined)?.value === expected
}

function accepts(alternative: unknown, leaf: Scalar): boolean {
  if (!(alternative instanceof Map)) return equals(alternative as Scalar, leaf, true)
  const [[operator, operand]] = [...alternative] as [[string, Tree]]
  if (operator === 'exists') return isExists(alternative, true)
  if (operator === 'numeric') return isInRange(operand as Scalar[], leaf)
  if (operator === 'anything-but') return !isRefused(operand, leaf)
  if (typeof leaf.value !== 'string') return false
  return acceptsText(operator, operand, leaf.value)
}

function acceptsText(operator: string, operand: Tree, text: string): boolean {
  const isFolded = operand instanceof Map
  const argument = isFolded ? operand.get('equals-ignore-case') : operand
  const wanted = Array.from((argument as Scalar).value as string)
  const characters = Array.from(text)
  switch (operator) {
    case 'exactly':
      return wanted.join('') === text
    case 'prefix':
      return isFolded
        ? foldedLengths(wanted, characters).length > 0
        : wanted.every((each, index) => each === characters[index])
    case 'suffix':
      return characters.concat('').some((_, start) => {
        const rest = characters.slice(start)
        return isFolded ? foldedLengths(wanted, rest).includes(rest.length) : sameAs(rest, wanted)
      })
    case 'equals-ignore-case':
      return foldedLengths(wanted, characters).includes(characters.length)
    case 'wildcard':
      return isLike(wanted, characters)
    case 'cidr':
      return isInBlock(wanted.join(''), text)
    default:
      throw new Error(`the oracle does not know \`${operator}\``)
  }
}

function sameAs(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((each, index) => each === right[index])
}

function isRefused(operand: Tree, leaf: Scalar): boolean {
  if (Array.isArray(operand)) return operand.some((each) => equals(each as Scalar, leaf, false))
  if (isScalar(operand)) return equals(operand, leaf, false)
  const [[operator, values]] = [...operand] as [[string, Tree]]
  const { value } = leaf
  if (typeof value !== 'string') return false
  return [values].flat().some((each) => acceptsText(operator, each, value))
}

function equals(wanted: Scalar, leaf: Scalar, comparesAddresses: boolean): boolean {
  if (typeof wanted.value === 'number' && typeof leaf.value === 'number') {
    if (isExact(wanted) && isExact(leaf)) return wanted.value === leaf.value
    return wanted.source === leaf.source
  }
  if (wanted.value === leaf.value) return true
  if (!comparesAddresses) return false
  const address = addressOf(wanted.value)
  return address !== undefined && address === addressOf(leaf.value)
}

// A double holds a number exactly when its shortest form writes the same number.
function isExact({ value, source }: Scalar): boolean {
  if (!Number.isFinite(value)) return false
  const [left, right] = [decimal(source), decimal(String(value))]
  const scale = Math.max(left.scale, right.scale)
  return (
    left.digits * 10n ** BigInt(scale - left.scale) ===
    right.digits * 10n ** BigInt(scale - right.scale)
  )
}

function decimal(text: string): { digits: bigint; scale: number } {
  const [mantissa, exponent = '0'] = text.toLowerCase().split('e') as [string, string?]
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?]
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent) }
}

function isInRange(operand: readonly Scalar[], leaf: Scalar): boolean {
  if (typeof leaf.value !== 'number' || !isExact(leaf)) return false
  for (let index = 0; index < operand.length; index += 2) {
    const limit = operand[index + 1]!.value as number
    const holds: Record<string, boolean> = {
      '=': leaf.value === limit,
      '<': leaf.value < limit,
      '<=': leaf.value <= limit,
      '>': leaf.value > limit,
      '>=': leaf.value >= limit,
    }
    if (holds[operand[index]!.value as string] !== true) return false
  }
  return true
}

/** How many leading characters of `text` may spell `wanted`, whatever its case; several forms, several answers. */
function foldedLengths(wanted: readonly string[], text: readonly string[]): number[] {
  let lengths = [0]
  for (const character of wanted) {
    const forms = new Set([character.toLowerCase(), character.toUpperCase()])
    lengths = lengths.flatMap((length) =>
      [...forms].flatMap((form) => {
        const characters = Array.from(form)
        const isThere = characters.every((each, index) => text[length + index] === each)
        return isThere ? [length + characters.length] : []
      }),
    )
  }
  return lengths
}

function isLike(wildcard: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = wildcard
  if (first === undefined) return text.length === 0
  if (first === '*')
    return isLike(rest, text) || (text.length > 0 && isLike(wildcard, text.slice(1)))
  if (first === '\\') return rest[0] === text[0] && isLike(rest.slice(1), text.slice(1))
  return first === text[0] && isLike(rest, text.slice(1))
}

// The platform's URL parser knows how addresses are written.
function addressOf(value: unknown): bigint | undefined {
  if (typeof value !== 'string') return undefined
  if (/^\d+\.\d+\.\d+\.\d+$/.test(value)) {
    const parts = value.split('.').map(BigInt)
    return parts.some((part) => part > 255n)
      ? undefined
      : parts.reduce((sum, part) => sum * 256n + part)
  }
  if (!/^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/.test(value) || !URL.canParse(`http://[${value}]`))
    return undefined
  const canonical = new URL(`http://[${value}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const [before, behind] = [groupsOf(head), groupsOf(tail)]
  const zeros = Array.from({ length: 8 - before.length - behind.length }, () => '0')
  const address = [...before, ...zeros, ...behind].reduce(
    (sum, group) => sum * 65536n + BigInt(`0x${group}`),
    0n,
  )
  // An IPv4 address in IPv6 clothes is that IPv4 address; other IPv6 ones are kept apart from all of IPv4.
  return address >> 32n === 0xffffn ? address & 0xffffffffn : address + (1n << 128n)
}

function isInBlock(block: string, text: string): boolean {
  const [start = '', mask] = block.split('/')
  const [low, address] = [addressOf(start), addressOf(text)]
  if (low === undefined || address === undefined) return false
  const width = low >> 32n === 0n ? 32 : 128
  const high = low | ((1n << BigInt(width - Number(mask))) - 1n)
  return address >= low && address <= high
}

function groupsOf(text: string | undefined): string[] {
  return (text ?? '').split(':').filter((group) => group !== '')
}
