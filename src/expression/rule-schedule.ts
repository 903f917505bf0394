// What a rule may have for a schedule: `rate(5 minutes)` or `cron(0 2 * * ? *)`, minute precision, UTC.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html

interface Field {
  readonly min: number
  readonly max: number
  /** Names that stand for numbers, the first for `min`. */
  readonly names?: readonly string[]
  /** An item that only this field knows. */
  readonly special?: RegExp
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const DAY_OF_MONTH = 2
const DAY_OF_WEEK = 4

const FIELDS: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31, special: /^(?:L|LW|(?:[1-9]|[12]\d|3[01])W)$/ },
  { min: 1, max: 12, names: MONTHS },
  { min: 1, max: 7, names: DAYS, special: /^(?:L|(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)L)$/ },
  { min: 1970, max: 2199 },
]

/** Whether a rule can have `text` for its schedule. */
export function isRuleSchedule(text: string): boolean {
  return isRate(text) || isCron(text)
}

function isRate(text: string): boolean {
  const match = /^rate\(([1-9]\d{0,9}) (minute|hour|day)(s?)\)$/.exec(text)
  // AWS takes the singular for one, and only for one.
  return match !== null && (match[1] === '1') === (match[3] === '')
}

function isCron(text: string): boolean {
  const match = /^cron\(([^()]*)\)$/.exec(text)
  if (match === null) return false
  const fields = match[1]!.trim().split(/ +/)
  if (fields.length !== FIELDS.length) return false
  // One of the two days says nothing: the other decides.
  if ((fields[DAY_OF_MONTH] === '?') === (fields[DAY_OF_WEEK] === '?')) return false
  return fields.every((field, index) => isField(field, index))
}

function isField(text: string, index: number): boolean {
  if (text === '?') return index === DAY_OF_MONTH || index === DAY_OF_WEEK
  const field = FIELDS[index]!
  if (index === DAY_OF_WEEK && isNthDay(text, field)) return true
  return text.split(',').every((item) => isItem(item, field))
}

/** `3#2`, the second Tuesday; such an expression stands alone in its field. */
function isNthDay(text: string, field: Field): boolean {
  const match = /^([^#,]+)#[1-5]$/.exec(text)
  return match !== null && isValue(match[1]!, field)
}

/** `*`, `5`, `MON-FRI`, `0/15`, `9-17/2`; a range may wrap around. */
function isItem(item: string, field: Field): boolean {
  if (field.special?.test(item) === true) return true
  const match = /^([^/]+)(?:\/(\d{1,4}))?$/.exec(item)
  if (match === null) return false
  if (match[2] !== undefined && (Number(match[2]) < 1 || Number(match[2]) > field.max)) return false
  const range = match[1]!
  if (range === '*') return true
  const ends = range.split('-')
  return ends.length <= 2 && ends.every((end) => isValue(end, field))
}

function isValue(text: string, field: Field): boolean {
  if (field.names?.includes(text) === true) return true
  return /^\d{1,4}$/.test(text) && Number(text) >= field.min && Number(text) <= field.max
}
