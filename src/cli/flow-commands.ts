// The commands below `flow`.

import type { Command } from 'commander'
import { createContext } from './context.ts'
import {
  type FlowLogOptions,
  type FlowOptions,
  type FlowRunOptions,
  runFlowCancel,
  runFlowLogs,
  runFlowLs,
  runFlowRetry,
  runFlowRun,
  runFlowShow,
} from './flow.ts'
import { type FlowRenderOptions, runFlowLint, runFlowRender } from './flow-offline.ts'
import type { CliIo } from './io.ts'

export function addFlowCommands(program: Command, io: CliIo, run: { code: number }): void {
  const flow = program.command('flow').description('workflows from templates')
  const ls = inNamespace(flow.command('ls').description('workflows, and how far each is'))
  ls.action(async () => {
    run.code = await runFlowLs(createContext(ls, io), ls.opts<FlowOptions>())
  })
  const start = withParameters(
    inNamespace(flow.command('run <template>').description('start a workflow from a template')),
  )
    .option('--name <name>', 'its name; made of the template’s when absent')
    .option('-w, --watch', 'show its steps until it ends; fails when it does')
  start.action(async (template: string) => {
    const context = createContext(start, io)
    run.code = await runFlowRun(context, template, start.opts<FlowRunOptions>())
  })
  const show = inNamespace(
    flow.command('show <name>').description('one workflow with its steps'),
  ).option('-w, --watch', 'until it ends; fails when it does')
  show.action(async (name: string) => {
    run.code = await runFlowShow(createContext(show, io), name, show.opts<FlowOptions>())
  })
  const logs = inNamespace(flow.command('logs <name>').description('what happened to it')).option(
    '-f, --follow',
    'until it ends',
  )
  logs.action(async (name: string) => {
    run.code = await runFlowLogs(createContext(logs, io), name, logs.opts<FlowLogOptions>())
  })
  const retry = inNamespace(
    flow.command('retry <name>').description('go on from what failed or was cancelled'),
  ).option('-w, --watch', 'show its steps until it ends; fails when it does')
  retry.action(async (name: string) => {
    run.code = await runFlowRetry(createContext(retry, io), name, retry.opts<FlowOptions>())
  })
  const cancel = inNamespace(
    flow.command('cancel <name>').description('end it where it is; what it made stays'),
  )
  cancel.action(async (name: string) => {
    run.code = await runFlowCancel(createContext(cancel, io), name, cancel.opts<FlowOptions>())
  })
  const lint = flow
    .command('lint <files...>')
    .description('check templates in files, without a server')
  lint.action(async (files: readonly string[]) => {
    run.code = await runFlowLint(createContext(lint, io), files)
  })
  const render = withParameters(
    flow
      .command('render <file>')
      .description('what a template would make of parameters, without a server')
      .option('--template <name>', 'which, where the file has several'),
  )
  render.action(async (file: string) => {
    const context = createContext(render, io)
    run.code = await runFlowRender(context, file, render.opts<FlowRenderOptions>())
  })
}

function inNamespace(command: Command): Command {
  return command.option('-n, --namespace <namespace>', '`default` when absent')
}

function withParameters(command: Command): Command {
  return command.option('-p, --parameter <name=value>', 'a parameter; JSON keeps its type', gather)
}

function gather(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
