// Names that a JSON text says twice in one object. A parser keeps the last and says nothing, so that one of the two
// values that somebody wrote is lost; Kubernetes tells, or refuses.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c

interface Level {
  /** Undefined for a list. */
  readonly names: Set<string> | undefined
  readonly path: string
  /** The name that the value to come belongs to. */
  name: string
  index: number
}

/** The paths of doubled names, `spec.size`, in their order. The text is JSON that has been parsed. */
export function findDoubledNames(json: Buffer): readonly string[] {
  const doubled: string[] = []
  const levels: Level[] = []
  for (let at = 0; at < json.length; at += 1) {
    const level = levels.at(-1)
    switch (json[at]) {
      case 0x7b:
      case 0x5b: {
        const path = level === undefined ? '' : pathIn(level)
        const names = json[at] === 0x7b ? new Set<string>() : undefined
        levels.push({ names, path, name: '', index: 0 })
        break
      }
      case 0x7d:
      case 0x5d:
        levels.pop()
        break
      case COMMA:
        if (level !== undefined) level.index += 1
        break
      case QUOTE: {
        const end = endOfText(json, at)
        if (level?.names !== undefined && isName(json, end)) {
          level.name = JSON.parse(json.toString('utf8', at, end)) as string
          if (level.names.has(level.name)) doubled.push(pathIn(level))
          level.names.add(level.name)
        }
        at = end - 1
        break
      }
      case undefined:
      default:
    }
  }
  return doubled
}

function pathIn({ names, path, name, index }: Level): string {
  if (names === undefined) return `${path}[${index}]`
  return path === '' ? name : `${path}.${name}`
}

/** Where the text that begins at `at` has ended. */
function endOfText(json: Buffer, at: number): number {
  let end = at + 1
  while (end < json.length && json[end] !== QUOTE) end += json[end] === BACKSLASH ? 2 : 1
  return end + 1
}

function isName(json: Buffer, end: number): boolean {
  let at = end
  while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at += 1
  return json[at] === COLON
}
