// The categories of event-ruler's citylots2 benchmark (its Benchmarks.java): rules, and how many events match each.

export interface Category {
  readonly name: string
  readonly patterns: readonly string[]
  readonly counts: readonly number[]
}

type RuleRow = readonly [
  fields: readonly (readonly [path: string, alternative: unknown])[],
  count: number,
]

const LOT = 'properties.MAPBLKLOT'
const STREET = 'properties.STREET'
const ST_TYPE = 'properties.ST_TYPE'
const FROM_ST = 'properties.FROM_ST'
const SHAPE = 'geometry.type'

const EXACT = rowsOf(
  LOT,
  ['1430022', 1],
  ['2607117', 101],
  ['2607218', 35],
  ['3745012', 655],
).concat(rowsOf(LOT, ['VACSTWIL', 1]))
const WILDCARD = rowsOf(
  LOT,
  [{ wildcard: '143*' }, 490],
  [{ wildcard: '2*0*1*7' }, 713],
  [{ wildcard: '*218' }, 43],
  [{ wildcard: '3*5*2' }, 2540],
  [{ wildcard: 'VA*IL' }, 1],
)
const PREFIX = rowsOf(
  STREET,
  [{ prefix: 'AC' }, 24],
  [{ prefix: 'BL' }, 442],
  [{ prefix: 'DR' }, 38],
  [{ prefix: 'FU' }, 2387],
  [{ prefix: 'RH' }, 328],
)
const PREFIX_EQUALS_IGNORE_CASE = rowsOf(
  STREET,
  [{ prefix: { 'equals-ignore-case': 'Ac' } }, 24],
  [{ prefix: { 'equals-ignore-case': 'bL' } }, 442],
  [{ prefix: { 'equals-ignore-case': 'dR' } }, 38],
  [{ prefix: { 'equals-ignore-case': 'Fu' } }, 2387],
  [{ prefix: { 'equals-ignore-case': 'rH' } }, 328],
)
const SUFFIX = rowsOf(
  STREET,
  [{ suffix: 'ON' }, 17_921],
  [{ suffix: 'KE' }, 871],
  [{ suffix: 'MM' }, 13],
  [{ suffix: 'ING' }, 1963],
  [{ suffix: 'GO' }, 682],
)
const SUFFIX_EQUALS_IGNORE_CASE = rowsOf(
  STREET,
  [{ suffix: { 'equals-ignore-case': 'oN' } }, 17_921],
  [{ suffix: { 'equals-ignore-case': 'Ke' } }, 871],
  [{ suffix: { 'equals-ignore-case': 'mM' } }, 13],
  [{ suffix: { 'equals-ignore-case': 'InG' } }, 1963],
  [{ suffix: { 'equals-ignore-case': 'gO' } }, 682],
)
const EQUALS_IGNORE_CASE = rowsOf(
  STREET,
  [{ 'equals-ignore-case': 'jefferson' }, 131],
  [{ 'equals-ignore-case': 'bEaCh' }, 211],
  [{ 'equals-ignore-case': 'HyDe' }, 1758],
  [{ 'equals-ignore-case': 'CHESTNUT' }, 825],
).concat(rowsOf(ST_TYPE, [{ 'equals-ignore-case': 'st' }, 116_386]))

const MIDDLE = -122.41600944012424
const BETWEEN = { numeric: ['>', -122.46471267081272, '<', -122.4063085128395] }
const SPECIAL = { numeric: ['=', -122.42916360922355] }

const NUMERIC: readonly RuleRow[] = [
  [
    [
      [SHAPE, 'Polygon'],
      ['geometry.firstCoordinates.x', SPECIAL],
    ],
    2,
  ],
  [
    [
      [SHAPE, 'MultiPolygon'],
      ['geometry.firstCoordinates.z', { numeric: ['=', 0] }],
    ],
    120,
  ],
  ...rowsOf(
    'geometry.firstCoordinates.x',
    [{ numeric: ['<', MIDDLE] }, 148_948],
    [{ numeric: ['>', MIDDLE] }, 64_120],
    [BETWEEN, 127_053],
  ),
]
const COMPLEX_ARRAYS: readonly RuleRow[] = [
  [
    [
      [SHAPE, 'Polygon'],
      ['geometry.coordinates.x', SPECIAL],
    ],
    218,
  ],
  [
    [
      [SHAPE, 'MultiPolygon'],
      ['geometry.coordinates.y', { numeric: ['=', 37.729900216217324] }],
    ],
    1,
  ],
  ...rowsOf(
    'geometry.coordinates.x',
    [{ numeric: ['<', MIDDLE] }, 149_446],
    [{ numeric: ['>', MIDDLE] }, 64_368],
    [BETWEEN, 127_485],
  ),
]

const ANYTHING_BUT = butRows(
  (text) => [text],
  [STREET, 'FULTON', 211_158],
  [STREET, 'MASON', 210_411],
  [ST_TYPE, 'ST', 96_682],
  [SHAPE, 'Polygon', 120],
  [FROM_ST, '441', 210_615],
)
const ANYTHING_BUT_IGNORE_CASE = butRows(
  (text) => ({ 'equals-ignore-case': [text] }),
  [STREET, 'Fulton', 211_158],
  [STREET, 'Mason', 210_411],
  [ST_TYPE, 'st', 96_682],
  [SHAPE, 'polygon', 120],
  [FROM_ST, '441', 210_615],
)
const ANYTHING_BUT_PREFIX = butRows(
  (prefix) => ({ prefix }),
  [STREET, 'FULTO', 211_158],
  [STREET, 'MASO', 210_118],
  [ST_TYPE, 'S', 96_667],
  [SHAPE, 'Poly', 120],
  [FROM_ST, '44', 209_091],
)
const ANYTHING_BUT_SUFFIX = butRows(
  (suffix) => ({ suffix }),
  [STREET, 'ULTON', 211_136],
  [STREET, 'ASON', 210_411],
  [ST_TYPE, 'T', 94_908],
  [SHAPE, 'olygon', 0],
  [FROM_ST, '41', 209_055],
)
const ANYTHING_BUT_WILDCARD = butRows(
  (wildcard) => ({ wildcard }),
  [LOT, '143*', 212_578],
  [LOT, '2*0*1*7', 212_355],
  [LOT, '*218', 213_025],
  [LOT, '3*5*2', 210_528],
  [LOT, 'VA*IL', 213_067],
)

const PARTIAL_COMBO = [
  ...NUMERIC,
  ...EXACT,
  ...PREFIX,
  ...ANYTHING_BUT,
  ...ANYTHING_BUT_IGNORE_CASE,
  ...ANYTHING_BUT_PREFIX,
  ...ANYTHING_BUT_SUFFIX,
  ...ANYTHING_BUT_WILDCARD,
]
const COMBO = [...PARTIAL_COMBO, ...COMPLEX_ARRAYS]

export const CATEGORIES: readonly Category[] = Object.entries({
  EXACT,
  WILDCARD,
  PREFIX,
  PREFIX_EQUALS_IGNORE_CASE,
  SUFFIX,
  SUFFIX_EQUALS_IGNORE_CASE,
  EQUALS_IGNORE_CASE,
  NUMERIC,
  ANYTHING_BUT,
  ANYTHING_BUT_IGNORE_CASE,
  ANYTHING_BUT_PREFIX,
  ANYTHING_BUT_SUFFIX,
  ANYTHING_BUT_WILDCARD,
  COMPLEX_ARRAYS,
  PARTIAL_COMBO,
  COMBO,
}).map(([name, rows]) => ({
  name,
  patterns: rows.map(([fields]) => patternOf(fields)),
  counts: rows.map(([, count]) => count),
}))

function rowsOf(path: string, ...rows: (readonly [unknown, number])[]): RuleRow[] {
  return rows.map(([alternative, count]) => [[[path, alternative]], count])
}

function butRows(
  operand: (text: string) => unknown,
  ...rows: (readonly [path: string, text: string, count: number])[]
): RuleRow[] {
  return rows.map(([path, text, count]) => [[[path, { 'anything-but': operand(text) }]], count])
}

type PatternObject = { [key: string]: PatternObject | readonly unknown[] }

export function patternOf(
  fields: readonly (readonly [path: string, alternative: unknown])[],
): string {
  const pattern: PatternObject = {}
  for (const [path, alternative] of fields) {
    const keys = path.split('.')
    const last = keys.pop()!
    let at = pattern
    for (const key of keys) at = (at[key] ??= {}) as PatternObject
    at[last] = [alternative]
  }
  return JSON.stringify(pattern)
}
