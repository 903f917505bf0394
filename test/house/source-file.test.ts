import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSource, tokenize } from '../../tools/source-file.ts'

function specifiers(text: string): (string | undefined)[] {
  return parseSource('src/a/b.ts', text).imports.map((edge) => edge.specifier)
}

function patterns(text: string): string[] {
  return tokenize(text)
    .filter((token) => token.kind === 'regex')
    .map((token) => token.text)
}

test('every way of naming another file is found, on the line where it stands', () => {
  const file = parseSource(
    'src/a/b.ts',
    [
      `import { one, type Two } from './static.ts'`,
      `import type { Three } from './type.ts'`,
      `import './effect.ts'`,
      `import * as all from './star.ts'`,
      `export { four } from './export.ts'`,
      `export * from './export-star.ts'`,
      `export type { Five } from './export-type.ts'`,
      `const later = await import('./dynamic.ts')`,
      `const shape: import('./shape.ts').Shape = later`,
      `const worker = new Worker(new URL('./worker.ts', import.meta.url))`,
      `const old = require('./required.cjs')`,
    ].join('\n'),
  )
  assert.deepEqual(
    file.imports.map((edge) => [edge.line, edge.kind, edge.specifier, edge.isStar]),
    [
      [1, 'static', './static.ts', false],
      [2, 'type', './type.ts', false],
      [3, 'static', './effect.ts', false],
      [4, 'static', './star.ts', true],
      [5, 'export', './export.ts', false],
      [6, 'export', './export-star.ts', true],
      [7, 'export', './export-type.ts', false],
      [8, 'dynamic', './dynamic.ts', false],
      [9, 'dynamic', './shape.ts', false],
      [11, 'require', './required.cjs', false],
      [10, 'path', './worker.ts', false],
    ],
  )
})

test('an import over several lines, with a default and attributes, is one import', () => {
  assert.deepEqual(
    specifiers(
      `import first, {\n  second,\n  third as fourth,\n} from 'library'\nimport data from './x.json' with { type: 'json' }`,
    ),
    ['library', './x.json'],
  )
})

test('a computed import is seen, without a name', () => {
  assert.deepEqual(specifiers('await import(`./${name}.ts`)\nawait import(name)'), [
    undefined,
    undefined,
  ])
})

test('what looks like an import inside a comment, string, template or pattern is not one', () => {
  const text = [
    `// import './comment.ts'`,
    `/* import './block.ts' */`,
    `const a = "import './string.ts'"`,
    'const b = `import "./template.ts" ${value({ c: 1 })} import "./template.ts"`',
    `const c = /import '.\\/[/]pattern.ts'/.test(a)`,
    `const d = { import: './key' }`,
    `const e = import.meta.url`,
    `export { a, b }`,
    `export const f = 1`,
    `export function from() { return 'x' }`,
  ].join('\n')
  assert.deepEqual(specifiers(text), [])
})

test('a slash divides after a value and begins a pattern elsewhere', () => {
  assert.deepEqual(patterns('a / b / c; (a) / b; x[0] / 2'), [])
  assert.deepEqual(patterns('return /a/g; f(/b[/]/); x = /c\\//'), ['/a/g', '/b[/]/', '/c\\//'])
})

test('templates nest, and code inside them is code', () => {
  const names = tokenize('`a ${ f(`b ${ g({ h: 1 }) } c`) } d` + i')
    .filter((token) => token.kind === 'name')
    .map((token) => token.text)
  assert.deepEqual(names, ['f', 'g', 'h', 'i'])
})
