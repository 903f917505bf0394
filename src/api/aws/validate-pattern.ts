// Patterns of the tables as JavaScript expressions that match the whole value, as Java's `matches` does.

// These two let a blank be read in two ways and so take exponential time on a hostile value; each is replaced
// by the equal pattern that reads a value in one way.
const LINEAR_FORMS: readonly (readonly [string, string])[] = [
  [
    '[ \\t]*[^\\x00-\\x1F:\\x7F]+([ \\t]+[^\\x00-\\x1F:\\x7F]+)*[ \\t]*',
    '\\t*[^\\x00-\\x1F:\\x7F](?:[^\\x00-\\x1F:\\x7F]|\\t)*',
  ],
  ['[ \\t]*[\\x20-\\x7E]+([ \\t]+[\\x20-\\x7E]+)*[ \\t]*', '\\t*[\\x20-\\x7E][\\x20-\\x7E\\t]*'],
]

/** The expression of a table's pattern; takes no exponential time on whatever it is tried on. */
export function compilePattern(pattern: string): RegExp {
  let source = pattern
  for (const [form, linear] of LINEAR_FORMS) source = source.replace(form, () => linear)
  return new RegExp(`^(?:${source})$`, pattern.includes('\\p{') ? 'u' : '')
}
