// Code of one schema as a zip, in the languages that AWS names, which are all there are.

import { AppError } from '../base/index.ts'
import { parseDocument, type SchemaText } from './document.ts'
import { formatTypeScriptModule } from './generate.ts'
import { formatGo, GO_RESERVED, goPackage } from './go.ts'
import { formatJava, JAVA_RESERVED, javaPackage } from './java.ts'
import { formatPython, PYTHON_RESERVED } from './python.ts'
import { TypeBook } from './type-book.ts'
import { type ZipFile, zipFiles } from './zip.ts'

const BINDINGS: Readonly<Record<string, (text: SchemaText) => readonly ZipFile[]>> = {
  Go1: goFiles,
  Java8: javaFiles,
  Python36: pythonFiles,
  TypeScript3: typeScriptFiles,
}

export const BINDING_LANGUAGES: readonly string[] = Object.keys(BINDINGS)

/** Throws `REQUEST_INVALID` for a language that there is no code in. */
export function checkBindingLanguage(language: string): void {
  if (Object.hasOwn(BINDINGS, language)) return
  throw new AppError(
    'REQUEST_INVALID',
    `there is no code in \`${language}\`, expected one of ${BINDING_LANGUAGES.join(', ')}`,
  )
}

/** The zip of a schema's code. */
export function createCodeBinding(language: string, text: SchemaText): Buffer {
  checkBindingLanguage(language)
  return zipFiles(BINDINGS[language]!(text))
}

function typeScriptFiles(text: SchemaText): readonly ZipFile[] {
  const module = formatTypeScriptModule([text], { client: 'none', bus: 'default' })
  return [{ path: `${folderOf(text)}/${fileName(parseDocument(text).title)}.ts`, text: module }]
}

function goFiles(text: SchemaText): readonly ZipFile[] {
  const document = parseDocument(text)
  const book = new TypeBook(GO_RESERVED)
  book.add(document)
  const name = goPackage(document.title)
  return [{ path: `${folderOf(text)}/${name}/${name}.go`, text: formatGo(book, name) }]
}

function javaFiles(text: SchemaText): readonly ZipFile[] {
  const document = parseDocument(text)
  const book = new TypeBook(JAVA_RESERVED)
  book.add(document)
  return formatJava(book, javaPackage(document.source ?? '', document.title))
}

function pythonFiles(text: SchemaText): readonly ZipFile[] {
  const document = parseDocument(text)
  const book = new TypeBook(PYTHON_RESERVED)
  book.add(document)
  // What a Python program imports is a name: no dots, no dashes.
  const folder = folderOf(text).replace(/[^A-Za-z0-9_]/g, '_')
  const file = fileName(document.title).replace(/[^A-Za-z0-9_]/g, '_')
  return [
    { path: `${folder}/__init__.py`, text: '' },
    { path: `${folder}/${file}.py`, text: formatPython(book) },
  ]
}

/** The source of the events. */
function folderOf(text: SchemaText): string {
  return fileName(parseDocument(text).source ?? 'schema')
}

function fileName(name: string): string {
  return name.replace(/[^\w.-]/g, '-')
}
