// Which schemas refer to which.

import type { ConfluentVersion } from './deps.ts'

/** Those of these that refer to a version. */
export function referrersOf(
  versions: readonly ConfluentVersion[],
  subject: string,
  version: number,
): readonly ConfluentVersion[] {
  return versions.filter(({ references }) =>
    references.some((one) => one.subject === subject && one.version === version),
  )
}
