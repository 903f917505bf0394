// `signalbox flow lint` and `flow render`: templates in files, without a server.

import { AppError, formatYaml } from '../base/index.ts'
import type { OfflineRender } from '../workflow/index.ts'
import { type CommandContext, printJson, printLine, say } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { readParameters } from './flow-parameters.ts'
import { readFileText } from './input.ts'
import { escapeControls } from './style.ts'
import { UsageError } from './usage-error.ts'

export interface FlowRenderOptions {
  readonly template?: string
  readonly parameter?: readonly string[]
}

type Faults = OfflineRender['faults']

/** Fails when a template has a fault. */
export async function runFlowLint(
  context: CommandContext,
  files: readonly string[],
): Promise<number> {
  const [{ lintTemplates }, { patternFault }] = await Promise.all([
    import('../workflow/index.ts'),
    import('../match/index.ts'),
  ])
  const lint = (text: string) => lintTemplates(text, { checkPattern: patternFault })
  let faulty = 0
  for (const file of files) {
    const templates = await reading(file, () => readFileText(context.io, file), lint)
    if (templates.length === 0) say(context, `${file}: no workflow template is in it`)
    for (const { name, faults, steps, resources } of templates) {
      faulty += faults.length
      if (context.form === 'json') {
        await printJson(context, { file, name, steps, resources, faults })
        continue
      }
      const state = faults.length === 0 ? context.paint('green', 'ok') : context.paint('red', 'bad')
      const counts = faults.length === 0 ? `  ${steps} steps, ${resources} resources` : ''
      await printLine(context, `${file}  ${escapeControls(name)}  ${state}${counts}`)
      await printFaults(context, faults)
    }
  }
  return faulty === 0 ? EXIT_CODES.ok : EXIT_CODES.failed
}

/** What a template would make of parameters, as YAML. */
export async function runFlowRender(
  context: CommandContext,
  file: string,
  { template, parameter = [] }: FlowRenderOptions,
): Promise<number> {
  const [{ renderOffline }, { parseGoTemplate }] = await Promise.all([
    import('../workflow/index.ts'),
    import('../transform/index.ts'),
  ])
  const parameters = readParameters(parameter) as Parameters<typeof renderOffline>[0]['parameters']
  const rendered = await reading(
    file,
    () => readFileText(context.io, file),
    (manifest) =>
      renderOffline({
        manifest,
        template,
        parameters,
        renderText: (text, given) => parseGoTemplate(text, { name: 'template' }).render(given),
      }),
  )
  if (rendered === undefined)
    throw new UsageError(
      template === undefined
        ? `expected a workflow template in \`${file}\``
        : `expected a workflow template \`${template}\` in \`${file}\``,
    )
  const { steps, faults, unknown } = rendered
  if (context.form === 'json') await printJson(context, rendered)
  else {
    for (const { name, objects } of steps) {
      await printLine(context, `# step ${escapeControls(name)}`)
      for (const object of objects) await printLine(context, `---\n${formatYaml(object).trimEnd()}`)
    }
    await printFaults(context, faults)
    for (const name of unknown) say(context, `no template asks for the parameter \`${name}\``)
  }
  return faults.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failed
}

async function printFaults(context: CommandContext, faults: Faults): Promise<void> {
  for (const { field, message } of faults)
    await printLine(context, escapeControls(`  ${field}: ${message}`))
}

/** What is no YAML is said with the name of its file. */
async function reading<T>(
  file: string,
  read: () => Promise<string>,
  use: (text: string) => T,
): Promise<T> {
  const text = await read()
  try {
    return use(text)
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'YamlError') throw error
    throw new AppError('REQUEST_INVALID', `\`${file}\` is not YAML: ${error.message}`, {
      cause: error,
    })
  }
}
