// Sets of completion indexes, as a job's status writes them: `0,2-5`.

export function parseIndexes(text: string | undefined): ReadonlySet<number> {
  const indexes = new Set<number>()
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (match === null) continue
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    for (let index = first; index <= last; index += 1) indexes.add(index)
  }
  return indexes
}

/** Two neighbours are written apart, three and more as a range. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = Array.from(indexes).toSorted((a, b) => a - b)
  const parts: string[] = []
  for (let at = 0; at < sorted.length;) {
    let end = at
    while (sorted[end + 1] === sorted[end]! + 1) end += 1
    if (end - at >= 2) parts.push(`${sorted[at]}-${sorted[end]}`)
    else for (let one = at; one <= end; one += 1) parts.push(String(sorted[one]))
    at = end + 1
  }
  return parts.join(',')
}
