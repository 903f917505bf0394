// The commands below `token` and `certificate`.

import type { Command } from 'commander'
import {
  type GrantOptions,
  runCertificateCreate,
  runTokenCreate,
  runTokenLs,
  runTokenRevoke,
  runTokenRotate,
} from './access.ts'
import { createContext } from './context.ts'
import type { CliIo } from './io.ts'

export function addAccessCommands(program: Command, io: CliIo, run: { code: number }): void {
  const token = program.command('token').description('tokens with which others sign in')
  const create = token
    .command('create')
    .description('make a token and show it this once')
    .argument('<name>', 'what it is called, for you to find it again')
    .option('--user <name>', 'whose it is (default as it is called)')
    .option('--group <name...>', 'groups that the user is in')
    .option('--days <number>', 'how long it is good (default for ever)')
  create.action(async (name: string) => {
    const context = createContext(create, io)
    run.code = await runTokenCreate(context, name, create.opts<GrantOptions>())
  })
  const ls = token
    .command('ls')
    .description('all tokens, whose they are and how long they are good')
  ls.action(async () => {
    run.code = await runTokenLs(createContext(ls, io))
  })
  const rotate = token
    .command('rotate')
    .description('another token in the place of one, which is good no more')
  rotate.argument('<name>', 'of the token').action(async (name: string) => {
    run.code = await runTokenRotate(createContext(rotate, io), name)
  })
  const revoke = token.command('revoke').description('take a token back, at once')
  revoke.argument('<name>', 'of the token').action(async (name: string) => {
    run.code = await runTokenRevoke(createContext(revoke, io), name)
  })
  const certificate = program
    .command('certificate')
    .description('client certificates with which others sign in')
  const issue = certificate
    .command('create')
    .description('make a certificate and its key, and show them this once, as PEM')
    .argument('<user>', 'whose it is')
    .option('--group <name...>', 'groups that the user is in')
    .option('--days <number>', 'how long it is good (default 365)')
  issue.action(async (user: string) => {
    const context = createContext(issue, io)
    run.code = await runCertificateCreate(context, user, issue.opts<GrantOptions>())
  })
}
