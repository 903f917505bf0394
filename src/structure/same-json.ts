// Whether two values are the same once they are written as JSON, without writing them: members that are undefined are
// not there, and what JSON has no word for is null. Every write of an object asks it.

export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null)
    return scalarOf(one) === scalarOf(other)
  if (Array.isArray(one) || Array.isArray(other)) return isSameList(one, other)
  return isSameMap(one as Members, other as Members)
}

type Members = Readonly<Record<string, unknown>>

/** A value that is no object, as JSON has it; an object stays what it is, and so is like none of them. */
function scalarOf(value: unknown): unknown {
  if (value === undefined) return null
  return typeof value === 'number' && !Number.isFinite(value) ? null : value
}

function isSameList(one: object, other: object): boolean {
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
  return one.every((item, index) => isSameJson(item, other[index]))
}

function isSameMap(one: Members, other: Members): boolean {
  let count = 0
  for (const name of Object.keys(one)) {
    if (one[name] === undefined) continue
    if (!Object.hasOwn(other, name) || other[name] === undefined) return false
    if (!isSameJson(one[name], other[name])) return false
    count += 1
  }
  for (const name of Object.keys(other)) if (other[name] !== undefined) count -= 1
  return count === 0
}
