// The commands `schema` and `types`, and what each is given.

import type { Command } from 'commander'
import { createContext } from './context.ts'
import type { CliIo } from './io.ts'
import { runSchemaCheck, runSchemaDiff, type SchemaCheckOptions } from './schema-compare.ts'
import { runSchemaInfer, type SchemaInferOptions } from './schema-infer.ts'
import { runSchemaPush, type SchemaPushOptions } from './schema-push.ts'
import { runSchemaGet, runSchemaList, type SchemaGetOptions } from './schema-read.ts'
import {
  runSchemaRequire,
  runSchemaValidate,
  type SchemaRequireOptions,
  type SchemaValidateOptions,
} from './schema-settings.ts'
import { runTypesGenerate, type TypesGenerateOptions } from './types-generate.ts'

/** Where a command leaves its exit code. */
interface Run {
  code: number
}

export function addSchemaCommands(program: Command, io: CliIo, run: Run): void {
  const schema = program.command('schema').description('look at schemas, check them, and keep them')
  addReading(schema, io, run)
  addWriting(schema, io, run)
  addComparing(schema, io, run)
  const types = program.command('types').description('make TypeScript of schemas')
  const generate = types
    .command('generate')
    .description('types, publishers and patterns of every type of event; needs no server for files')
    .argument('[file...]', 'schemas in files, in place of registries')
    .option('--registry <name...>', 'only of these registries')
    .option('--out <file>', 'write here (default standard output)')
    .option('--client <client>', 'what publishers use: fetch, aws-sdk or none (default fetch)')
    .option('--bus <name>', 'bus that publishers send to (default default)')
    .option('--watch', 'go on, and write again when a schema changes')
  generate.action(async () => {
    const context = createContext(generate, io)
    run.code = await runTypesGenerate(context, generate.opts<TypesGenerateOptions>(), generate.args)
  })
}

function addReading(schema: Command, io: CliIo, run: Run): void {
  const ls = schema
    .command('ls')
    .description('list schemas')
    .argument('[registry]', 'only of this registry')
  ls.action(async () => {
    run.code = await runSchemaList(createContext(ls, io), ls.args)
  })
  const get = schema
    .command('get')
    .description('print a schema')
    .argument('<name>', 'REGISTRY/NAME or REGISTRY/NAME@VERSION')
    .option('--draft4', 'as JSON Schema draft 4')
  get.action(async () => {
    run.code = await runSchemaGet(createContext(get, io), get.opts<SchemaGetOptions>(), get.args)
  })
}

function addWriting(schema: Command, io: CliIo, run: Run): void {
  const push = schema
    .command('push')
    .description('put schemas into a registry; what changed is a new version')
    .argument('<file...>', 'schemas, named like their files')
    .option('--registry <name>', 'registry; made where it is not there')
    .option('--name <name>', 'name of the schema, for one file')
    .option('--description <text>', 'what it is')
    .option('--mode <mode>', 'refuse what breaks: backward, forward, full or none (default none)')
  push.action(async () => {
    const context = createContext(push, io)
    run.code = await runSchemaPush(context, push.opts<SchemaPushOptions>(), push.args)
  })
  const validate = schema
    .command('validate')
    .description('hold the events of a bus against the schemas of a registry')
    .argument('<mode>', 'off, warn or reject')
    .option('--bus <name>', 'bus (default default)')
    .option('--registry <name>', 'registry whose schemas count')
    .option('--dead-letter <arn>', 'queue that gets refused events, with their faults')
    .option('--unknown <what>', 'types of events without a schema: accept or reject')
  validate.action(async () => {
    const context = createContext(validate, io)
    const options = validate.opts<SchemaValidateOptions>()
    run.code = await runSchemaValidate(context, options, validate.args)
  })
  const require = schema
    .command('require')
    .description('let a rule have only events of compatible schema versions')
    .argument('<rule>', 'name of the rule')
    .argument('<range>', 'versions such as ^1, or any')
    .option('--bus <name>', 'bus of the rule (default default)')
  require.action(async () => {
    const context = createContext(require, io)
    run.code = await runSchemaRequire(context, require.opts<SchemaRequireOptions>(), require.args)
  })
}

function addComparing(schema: Command, io: CliIo, run: Run): void {
  const check = schema
    .command('check')
    .description('fail when a schema cannot be used, or breaks another version')
    .argument('<schema>', 'file, or REGISTRY/NAME')
    .option('--against <schema>', 'the version before: file, or REGISTRY/NAME@VERSION')
    .option('--mode <mode>', 'whom it must not break: backward, forward or full (default full)')
  check.action(async () => {
    const context = createContext(check, io)
    run.code = await runSchemaCheck(context, check.opts<SchemaCheckOptions>(), check.args)
  })
  const diff = schema
    .command('diff')
    .description('show what changed between two schemas; exits 1 when something did')
    .argument('<before>', 'file, or REGISTRY/NAME@VERSION')
    .argument('<after>', 'file, or REGISTRY/NAME@VERSION')
  diff.action(async () => {
    run.code = await runSchemaDiff(createContext(diff, io), diff.args)
  })
  const infer = schema
    .command('infer')
    .description('make a schema of sample events; needs no server')
    .argument('[file...]', 'events: one, a list, or one to a line; - is standard input')
    .option('--draft4', 'as JSON Schema draft 4')
    .option('--source <source>', 'source of the events')
    .option('--detail-type <type>', 'type of the events')
  infer.action(async () => {
    const context = createContext(infer, io)
    run.code = await runSchemaInfer(context, infer.opts<SchemaInferOptions>(), infer.args)
  })
}
