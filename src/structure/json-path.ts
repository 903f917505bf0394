// The JSON paths of printer columns and selectable fields: members, items, `*`, slices and filters, as kubectl reads them.
// https://kubernetes.io/docs/reference/kubectl/jsonpath/

const STEP =
  /^(?:\.([A-Za-z_][\w-]*|\*)|\.?\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+)|(\*)|(-?\d*):(-?\d*)|\?\(\s*@((?:\.[\w-]+|\[['"][^'"\]]+['"]\])+)\s*(?:(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|-?[\d.]+|true|false)\s*)?\))\s*\])/

type Step = (values: readonly unknown[]) => readonly unknown[]

/** Every value at a path; refuses what is no path with a `SyntaxError` that says where. */
export function compileJsonPath(text: string): (value: unknown) => readonly unknown[] {
  const steps: Step[] = []
  let rest = text.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '')
  if (rest !== '' && !rest.startsWith('.') && !rest.startsWith('[')) rest = `.${rest}`
  if (rest === '.') rest = ''
  while (rest !== '') {
    const found = STEP.exec(rest)
    if (found === null)
      throw new SyntaxError(
        `unexpected \`${rest.slice(0, 40)}\` in the JSON path \`${text.slice(0, 200)}\``,
      )
    steps.push(stepOf(found))
    rest = rest.slice(found[0].length)
  }
  return (value) => steps.reduce<readonly unknown[]>((values, step) => step(values), [value])
}

function stepOf(found: RegExpExecArray): Step {
  const [, name, single, double, index, star, from, to, filtered, operator, literal] = found
  if (name === '*' || star !== undefined) return (values) => values.flatMap((one) => membersOf(one))
  const member = name ?? unescapeName(single) ?? unescapeName(double)
  if (member !== undefined) return (values) => values.flatMap((one) => memberOf(one, member))
  if (index !== undefined) return (values) => values.flatMap((one) => itemOf(one, Number(index)))
  if (filtered !== undefined) {
    const pathOf = compileJsonPath(filtered)
    const holds = filterOf(operator, literal)
    return (values) =>
      values.flatMap((one) => membersOf(one).filter((item) => pathOf(item).some((at) => holds(at))))
  }
  const [start, end] = [from === '' ? 0 : Number(from), to === '' ? undefined : Number(to)]
  return (values) => values.flatMap((one) => (Array.isArray(one) ? one.slice(start, end) : []))
}

function filterOf(
  operator: string | undefined,
  literal: string | undefined,
): (at: unknown) => boolean {
  if (operator === undefined) return (at) => at !== undefined && at !== null
  const wanted = parseLiteral(literal!)
  switch (operator) {
    case '==':
      return (at) => at === wanted
    case '!=':
      return (at) => at !== wanted
    case '<':
      return (at) => (at as number) < (wanted as number)
    case '<=':
      return (at) => (at as number) <= (wanted as number)
    case '>':
      return (at) => (at as number) > (wanted as number)
    default:
      return (at) => (at as number) >= (wanted as number)
  }
}

function parseLiteral(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^["']/.test(text) ? text.slice(1, -1) : Number(text)
}

function unescapeName(text: string | undefined): string | undefined {
  return text?.replaceAll(/\\(.)/g, '$1')
}

function memberOf(value: unknown, name: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return []
  return [(value as Readonly<Record<string, unknown>>)[name]]
}

function itemOf(value: unknown, index: number): readonly unknown[] {
  if (!Array.isArray(value)) return []
  const item: unknown = value.at(index)
  return item === undefined ? [] : [item]
}

function membersOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}
