// A stand-in for citylots2, the events that event-ruler's own benchmark reads: 213,068 GeoJSON features of about 900
// bytes. Its file is kept where mirrors do not reach, so one of the same fields is made here, with exactly as many
// features for each rule of the benchmark as the benchmark asserts. `firstCoordinates` stands last, which is the
// worst place for a reader that stops early.

import { existsSync, mkdirSync, openSync, renameSync, writeSync, closeSync } from 'node:fs'
import { dirname } from 'node:path'
import { Draw } from './draw.ts'

export const FEATURES = 213_068
const CHUNK_LENGTH = 1 << 20

/** Values of one field with how many features have them; what is left over is drawn from `rest`. */
interface Column {
  readonly quotas: readonly (readonly [values: readonly (string | null)[], count: number])[]
  readonly rest: (draw: Draw) => string | null
}

const MAPBLKLOT: Column = {
  quotas: [
    [['1430022'], 1],
    [['2607117'], 101],
    [['2607218'], 35],
    [['3745012'], 655],
    [['VACSTWIL'], 1],
    [['1431005', '1434117', '1438A01', '1439066'], 489],
    [['2102117', '2900187', '2530147', '28041B7'], 612],
    [['0042218', '6511218'], 8],
    [['3150022', '3752012', '3995102', '3535072'], 1885],
  ],
  rest: (draw) => `${draw.from('045689')}${draw.digits(3)}${draw.from('01379A')}${draw.digits(1)}0`,
}

const STREET: Column = {
  quotas: [
    [['FULTON'], 1910],
    [['FUNSTON'], 477],
    [['MOULTON'], 22],
    [['MASON'], 2657],
    [['JEFFERSON'], 131],
    [['HARRISON', 'CLAYTON', 'WASHINGTON', 'JACKSON', 'LAWTON', 'MISSION'], 12_724],
    [['MASONIC'], 293],
    [['ACADIA'], 24],
    [['BLANCHE', 'BLYTHDALE'], 442],
    [['DRUMM'], 13],
    [['DRESDEN'], 25],
    [['RHODE ISLAND'], 328],
    [['LAKE', 'CLARKE'], 871],
    [['IRVING', 'DEMING', 'KEARNING'], 1963],
    [['SANTIAGO', 'FRESGO'], 682],
    [['BEACH'], 211],
    [['HYDE'], 1758],
    [['CHESTNUT'], 825],
    [[null], 2900],
  ],
  rest: (draw) => draw.from(STREETS),
}

const NAMES =
  'MARKET CASTRO NOE SANCHEZ DOLORES GUERRERO VALENCIA FOLSOM NOVARA KIRKHAM MORAGA NORIEGA ORTEGA PACHECO QUINTARA ' +
  'RIVERA TARAVAL ULLOA VICENTE WAWONA YORBA CABRILLO BALBOA ANZA GEARY CLEMENT CALIFORNIA'
const STREETS = [
  ...NAMES.split(' '),
  ...Array.from({ length: 40 }, (_, index) => `${String(index + 8).padStart(2, '0')}TH`),
]

const ST_TYPE: Column = {
  quotas: [
    [['ST'], 116_386],
    [['STWY'], 15],
    [['CT'], 1774],
    [[null], 2900],
  ],
  rest: (draw) => draw.from(['AVE', 'AVE', 'AVE', 'AVE', 'WAY', 'DR', 'BLVD', 'TER', 'LN', 'RD']),
}

const FROM_ST: Column = {
  quotas: [
    [['441'], 2453],
    [['440', '442', '4450', '4406'], 1524],
    [['141', '241', '1041', '2741'], 1560],
    [[null], 2900],
  ],
  rest: (draw) => `${draw.from('12356789')}${draw.digits(draw.below(3))}${draw.from('02356789')}`,
}

// The meridians that the rules compare with.
const WEST = -122.46471267081272
const MIDDLE = -122.41600944012424
const EAST = -122.4063085128395
const SPECIAL_X = -122.42916360922355
const SPECIAL_Y = 37.729900216217324

type Zone = readonly [low: number, high: number]
const ZONES: readonly Zone[] = [
  [-122.51, WEST - 0.001],
  [WEST + 0.001, MIDDLE - 0.001],
  [MIDDLE + 0.001, EAST - 0.001],
  [EAST + 0.001, -122.36],
]

/** Where features begin, whether they reach over into another zone, and where the special meridian lies in them. */
const PLACES: readonly (readonly [place: Place, count: number])[] = [
  [{ zone: 0 }, 33_895 - 432],
  [{ zone: 0, other: 1 }, 432],
  [{ zone: 1 }, 115_053 - 248 - 218],
  [{ zone: 1, other: 2 }, 248],
  [{ zone: 1, special: 'first' }, 2],
  [{ zone: 1, special: 'inner' }, 216],
  [{ zone: 2 }, 12_000 - 498],
  [{ zone: 2, other: 1 }, 498],
  [{ zone: 3 }, 52_120 - 120],
  [{ zone: 3, isMulti: true }, 119],
  [{ zone: 3, isMulti: true, special: 'inner' }, 1],
]

interface Place {
  readonly zone: number
  readonly other?: number
  readonly isMulti?: true
  readonly special?: 'first' | 'inner'
}

/** Writes the file unless it is there, one event a line. */
export function writeCityLots(path: string): void {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(`${path}.part`, 'w')
  let text = ''
  for (const feature of features(new Draw(20_261_126))) {
    text += `${feature}\n`
    if (text.length < CHUNK_LENGTH) continue
    writeSync(file, text)
    text = ''
  }
  writeSync(file, text)
  closeSync(file)
  renameSync(`${path}.part`, path)
}

function* features(draw: Draw): Generator<string> {
  const lots = fill(MAPBLKLOT, draw)
  const streets = fill(STREET, draw)
  const types = fill(ST_TYPE, draw)
  const froms = fill(FROM_ST, draw)
  const places = draw.shuffle(PLACES.flatMap(([place, count]) => Array<Place>(count).fill(place)))
  for (const [index, place] of places.entries()) {
    const lot = lots[index] ?? ''
    const properties = {
      MAPBLKLOT: lot,
      BLKLOT: lot,
      BLOCK_NUM: lot.slice(0, 4),
      LOT_NUM: lot.slice(4),
      FROM_ST: froms[index],
      TO_ST: froms[index],
      STREET: streets[index],
      ST_TYPE: types[index],
      ODD_EVEN: draw.from('EO'),
    }
    yield `{"type":"Feature","properties":${JSON.stringify(properties)},"geometry":${geometry(place, draw)}}`
  }
}

function fill({ quotas, rest }: Column, draw: Draw): (string | null)[] {
  const values: (string | null)[] = []
  for (const [choices, count] of quotas) {
    // Each of them is there.
    for (let index = 0; index < count; index += 1) values.push(choices[index % choices.length]!)
  }
  while (values.length < FEATURES) values.push(rest(draw))
  return draw.shuffle(values)
}

function geometry(place: Place, draw: Draw): string {
  const { zone, other, isMulti, special } = place
  const [low, high] = ZONES[zone]!
  const centre = low + (high - low) * draw.fraction()
  const xs = Array.from({ length: 5 + draw.below(11) }, () => near(centre, ZONES[zone]!, draw))
  const ys = xs.map(() => 37.71 + 0.1 * draw.fraction())
  if (other !== undefined) xs[2] = near(MIDDLE, ZONES[other]!, draw)
  if (special === 'first') xs[0] = SPECIAL_X
  if (special === 'inner' && isMulti === undefined) xs[3] = SPECIAL_X
  if (special === 'inner' && isMulti) ys[3] = SPECIAL_Y
  const points = xs.map((x, index) => `{"x":${x},"y":${ys[index]},"z":0.0}`)
  const type = isMulti ? 'MultiPolygon' : 'Polygon'
  return `{"type":"${type}","coordinates":[${points.join(',')}],"firstCoordinates":${points[0]}}`
}

function near(centre: number, [low, high]: Zone, draw: Draw): number {
  return Math.min(high, Math.max(low, centre)) + 0.0008 * (draw.fraction() - 0.5)
}
