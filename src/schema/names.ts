// Names for what a schema describes: of types in generated code, and of schemas in a registry.

/** `Order Created`, `order-created` and `order.created` as `OrderCreated`. */
export function pascalCase(text: string): string {
  return text
    .split(/[^\p{L}\p{N}]+/u)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
}

/** What a program may call a type: never empty, never beginning with a digit. */
export function typeName(text: string): string {
  const name = pascalCase(text)
  return /^\p{L}/u.test(name) ? name : `Type${name}`
}

const SCHEMA_NAME_LENGTH_MAX = 385

/** The name under which AWS's discoverer registers a type of event. */
export function discoveredName(source: string, detailType: string): string {
  const name = `${source}@${pascalCase(detailType) || 'Event'}`
  return name.replace(/[^.\-_@A-Za-z0-9]/g, '-').slice(0, SCHEMA_NAME_LENGTH_MAX)
}
