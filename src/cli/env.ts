// `eval "$(signalbox env)"`: the variables that make AWS's own clients, and kubectl, talk to this server.

import { clientConfig, type CommandContext, printJson, printLine } from './context.ts'
import { writeOwnKubeconfig } from './kubeconfig.ts'
import { EXIT_CODES } from './exit-codes.ts'

export interface EnvOptions {
  /** Only the services served here, so that all others stay with AWS. */
  readonly services?: boolean
}

const DEFAULT_REGION = 'us-east-1'
// A 12-digit key is the account that its caller acts in.
const ACCESS_KEY_ID = '000000000000'
const SECRET_ACCESS_KEY = 'signalbox'
const SERVICES = ['EVENTBRIDGE', 'SQS', 'SCHEDULER', 'SCHEMAS', 'PIPES']

export async function runEnv(context: CommandContext, options: EnvOptions): Promise<number> {
  const config = clientConfig(context)
  const { endpointUrl } = config
  const kubeconfig = writeOwnKubeconfig(context, config)
  const names =
    options.services === true
      ? SERVICES.map((service) => `AWS_ENDPOINT_URL_${service}`)
      : ['AWS_ENDPOINT_URL']
  const variables: Record<string, string> = {
    ...Object.fromEntries(names.map((name) => [name, endpointUrl])),
    AWS_ACCESS_KEY_ID: ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_DEFAULT_REGION: context.io.env['AWS_DEFAULT_REGION'] ?? DEFAULT_REGION,
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
  }
  if (context.form === 'json') await printJson(context, variables)
  else {
    for (const [name, value] of Object.entries(variables)) {
      await printLine(context, `export ${name}=${quote(value)}`)
    }
  }
  return EXIT_CODES.ok
}

/** As the shell reads it back, whatever it holds. */
function quote(value: string): string {
  return /^[\w.:/[\]-]+$/.test(value) && !/[[\]]/.test(value)
    ? value
    : `'${value.replaceAll("'", `'\\''`)}'`
}
