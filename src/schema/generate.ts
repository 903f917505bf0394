// One TypeScript module for many schemas: the types, their union, and what publishes them.

import { parseDocument, type SchemaText } from './document.ts'
import { TypeBook } from './type-book.ts'
import { type ClientOptions, formatClient, formatImports } from './typescript-client.ts'
import { formatTypeScript, TYPESCRIPT_RESERVED } from './typescript.ts'

/** The module; schemas stand in it in the order of their names, so that it changes only when they do. */
export function formatTypeScriptModule(
  texts: readonly SchemaText[],
  options: ClientOptions,
): string {
  const book = new TypeBook(TYPESCRIPT_RESERVED)
  const sorted = [...texts].sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const text of sorted) book.add(parseDocument(text))
  const head =
    '// Made by `signalbox types generate` from the schema registry; changes here are lost.\n\n'
  const parts = [formatTypeScript(book), formatClient(book.events, options)]
  return `${head}${formatImports(options)}${parts.join('\n\n')}\n`
}
