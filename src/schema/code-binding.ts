// Code of one schema as a zip, in the languages that AWS names. Languages whose code we cannot make well are not
// in the list, and asking for one says so.

import { AppError } from '../base/index.ts'
import { parseDocument, type SchemaText } from './document.ts'
import { formatTypeScriptModule } from './generate.ts'
import { type ZipFile, zipFiles } from './zip.ts'

const BINDINGS: Readonly<Record<string, (text: SchemaText) => readonly ZipFile[]>> = {
  TypeScript3: typeScriptFiles,
}

export const BINDING_LANGUAGES: readonly string[] = Object.keys(BINDINGS)

/** Throws `NOT_IMPLEMENTED` for a language that there is no code in. */
export function checkBindingLanguage(language: string): void {
  if (Object.hasOwn(BINDINGS, language)) return
  throw new AppError(
    'NOT_IMPLEMENTED',
    `there is no code in \`${language}\`, expected one of ${BINDING_LANGUAGES.join(', ')}`,
  )
}

/** The zip of a schema's code. */
export function createCodeBinding(language: string, text: SchemaText): Buffer {
  checkBindingLanguage(language)
  return zipFiles(BINDINGS[language]!(text))
}

function typeScriptFiles(text: SchemaText): readonly ZipFile[] {
  const document = parseDocument(text)
  const folder = (document.source ?? 'schema').replace(/[^\w.-]/g, '-')
  const module = formatTypeScriptModule([text], { client: 'none', bus: 'default' })
  return [{ path: `${folder}/${document.title.replace(/[^\w.-]/g, '-')}.ts`, text: module }]
}
