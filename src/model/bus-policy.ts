// What a bus's resource policy says to a request: IAM's evaluation, of which a bus's policy needs only a part.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
//
// Invariant: what is not understood never lets anybody in. An `Allow` with a condition or element that is unknown
// here grants nothing, a `Deny` with one holds.

export type PolicyStatement = Readonly<Record<string, unknown>>

export interface PolicyRequest {
  /** `events:PutEvents`. */
  readonly action: string
  /** ARN of the bus. */
  readonly resource: string
  /** The account that asks. */
  readonly account: string
  /** Condition keys by their names in lower case; one that is not there is not known. */
  readonly context: Readonly<Record<string, string>>
}

export type PolicyDecision = 'allow' | 'deny' | 'silent'

/** An explicit `Deny` beats every `Allow`; `silent` when no statement speaks of the request. */
export function judgePolicy(
  statements: readonly PolicyStatement[],
  request: PolicyRequest,
): PolicyDecision {
  let decision: PolicyDecision = 'silent'
  for (const statement of statements) {
    const isDeny = statement['Effect'] !== 'Allow'
    if (!speaksOf(statement, request, isDeny)) continue
    if (isDeny) return 'deny'
    decision = 'allow'
  }
  return decision
}

const KNOWN_ELEMENTS = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition'])

/** `isUnknownMet` is what an element counts as that is not understood. */
function speaksOf(
  statement: PolicyStatement,
  request: PolicyRequest,
  isUnknownMet: boolean,
): boolean {
  const { Principal, Action, Resource, Condition } = statement
  if (!isUnknownMet && Object.keys(statement).some((name) => !KNOWN_ELEMENTS.has(name)))
    return false
  return (
    (Principal === undefined ? isUnknownMet : namesAccount(Principal, request.account)) &&
    (Action === undefined
      ? isUnknownMet
      : texts(Action).some((text) => isLike(text, request.action, true))) &&
    (Resource === undefined ||
      texts(Resource).some((text) => isLike(text, request.resource, false))) &&
    (Condition === undefined || areMet(Condition, request.context, isUnknownMet))
  )
}

function namesAccount(principal: unknown, account: string): boolean {
  if (principal === '*') return true
  if (typeof principal !== 'object' || principal === null || !('AWS' in principal)) return false
  return texts(principal.AWS).some(
    (text) => text === '*' || text === account || text.split(':')[4] === account,
  )
}

function areMet(
  condition: unknown,
  context: PolicyRequest['context'],
  isUnknownMet: boolean,
): boolean {
  if (typeof condition !== 'object' || condition === null) return isUnknownMet
  return Object.entries(condition).every(([operator, keys]) => {
    if (typeof keys !== 'object' || keys === null) return isUnknownMet
    return Object.entries(keys).every(([key, values]) =>
      isMet(operator, context[key.toLowerCase()], texts(values), isUnknownMet),
    )
  })
}

type Compare = (value: string, wanted: string) => boolean

const COMPARISONS: Readonly<Record<string, Compare>> = {
  stringequals: (value, wanted) => value === wanted,
  stringequalsignorecase: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  stringlike: (value, wanted) => isLike(wanted, value, false),
  arnequals: (value, wanted) => isLike(wanted, value, false),
  arnlike: (value, wanted) => isLike(wanted, value, false),
}

function isMet(
  operator: string,
  value: string | undefined,
  wanted: readonly string[],
  isUnknownMet: boolean,
): boolean {
  const name = operator.toLowerCase().replace(/^for(?:any|all)values?:/, '')
  if (name === 'null') return wanted.includes(String(value === undefined))
  const isOptional = name.endsWith('ifexists')
  const bare = isOptional ? name.slice(0, -'ifexists'.length) : name
  const negated = /^(string|arn)not/.test(bare)
  const compare = COMPARISONS[bare.replace(/^(string|arn)not/, '$1')]
  if (compare === undefined) return isUnknownMet
  // A key that is not there meets `not equals`, and what asks for it only if it exists.
  if (value === undefined) return negated || isOptional
  return wanted.some((text) => compare(value, text)) !== negated
}

function texts(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.filter((item) => typeof item === 'string')
}

/** `*` stands for any text and `?` for one character; linear in both. */
function isLike(pattern: string, text: string, ignoresCase: boolean): boolean {
  const wanted = ignoresCase ? pattern.toLowerCase() : pattern
  const given = ignoresCase ? text.toLowerCase() : text
  let at = 0
  let next = 0
  let starAt = -1
  let starText = 0
  while (next < given.length) {
    if (wanted[at] === '*') {
      starAt = at
      starText = next
      at += 1
    } else if (wanted[at] === '?' || (at < wanted.length && wanted[at] === given[next])) {
      at += 1
      next += 1
    } else if (starAt !== -1) {
      at = starAt + 1
      starText += 1
      next = starText
    } else return false
  }
  while (wanted[at] === '*') at += 1
  return at === wanted.length
}
