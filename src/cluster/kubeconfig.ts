// A kubeconfig, as kubectl reads it: which server, what it is trusted by, and who calls. Files that it names are found
// beside it.
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/

import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AppError, describeError, parseManifest, YamlError } from '../base/index.ts'
import { KUBECONFIG_BYTES_MAX } from './limits.ts'

export interface ClusterAccess {
  /** Of the cluster, with what stands before the paths of the API; without a slash at its end. */
  readonly server: string
  /** PEM; the system's authorities when absent. */
  readonly authority?: string
  readonly isVerified: boolean
  /** The name that the certificate has, where it is not the server's. */
  readonly serverName?: string
  readonly user: ClusterUser
  /** Which context of which file, for messages. */
  readonly origin: string
}

/** What the server is shown; the first that is there counts. */
export interface ClusterUser {
  readonly token?: string
  /** Absolute; read again and again. */
  readonly tokenFile?: string
  readonly program?: CredentialProgram
  /** PEM, or where it lies. */
  readonly certificate?: Material
  readonly key?: Material
  readonly actAs?: { readonly name: string; readonly groups: readonly string[] }
}

export type Material = { readonly pem: string } | { readonly path: string }

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
export interface CredentialProgram {
  readonly apiVersion: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Absolute: where it runs, and where a relative command lies. */
  readonly directory: string
  readonly installHint?: string
}

type Members = Readonly<Record<string, unknown>>

const PROGRAM_VERSIONS: ReadonlySet<string> = new Set([
  'client.authentication.k8s.io/v1',
  'client.authentication.k8s.io/v1beta1',
])
const REFUSED_MEMBERS: Readonly<Record<string, string>> = {
  'auth-provider': 'kubectl itself knows it no more; use `exec`',
  username: 'Kubernetes takes no passwords any more; use a token or a certificate',
}
/** As a shell finds it: nothing but a name. */
const PLAIN_COMMAND = /^[^/\\]+$/

/**
 * The context of that name, or the current one. Throws `CONFIG_INVALID`, which names the file, the member and what would
 * be right, and never what is secret.
 */
export function readKubeconfig(path: string, context?: string): ClusterAccess {
  const text = readText(path, 'kubeconfig')
  let parsed: unknown
  try {
    parsed = parseManifest(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw fault(path, `is not YAML: ${error.message}`)
  }
  return selectAccess(parsed, path, context)
}

function selectAccess(parsed: unknown, path: string, wanted: string | undefined): ClusterAccess {
  const config = membersOf(parsed)
  if (config === undefined || (config['kind'] ?? 'Config') !== 'Config')
    throw fault(path, 'expected a kubeconfig (`kind: Config`)')
  const name = wanted ?? textOf(config['current-context'])
  if (name === undefined)
    throw fault(path, `has no current context; ${known('context', config['contexts'])}`)
  const context = find(config, 'contexts', 'context', name, path)
  const clusterName = textOf(context['cluster'])
  if (clusterName === undefined) throw fault(path, `context \`${name}\` names no cluster`)
  const cluster = find(config, 'clusters', 'cluster', clusterName, path)
  const userName = textOf(context['user'])
  const user = userName === undefined ? {} : find(config, 'users', 'user', userName, path)
  return {
    ...readCluster(cluster, `cluster \`${clusterName}\``, path),
    user: readUser(user, `user \`${userName ?? ''}\``, path),
    origin: `context \`${name}\` of \`${path}\``,
  }
}

function readCluster(
  cluster: Members,
  where: string,
  path: string,
): Omit<ClusterAccess, 'user' | 'origin'> {
  const server = textOf(cluster['server'])
  const url = server === undefined ? undefined : URL.parse(server)
  if (url === undefined || url === null || !/^https?:$/.test(url.protocol))
    throw fault(path, `${where}: expected \`server\` to be an https URL, got \`${server ?? ''}\``)
  if (url.protocol === 'http:' && !isNear(url.hostname))
    throw fault(
      path,
      `${where}: \`server\` \`${server}\` would send what it shows in the clear; expected https`,
    )
  if (cluster['proxy-url'] !== undefined)
    throw fault(path, `${where}: \`proxy-url\` is not supported; the server is called directly`)
  const isVerified = cluster['insecure-skip-tls-verify'] !== true
  const authority = material(cluster, 'certificate-authority', { where, path })
  const serverName = textOf(cluster['tls-server-name'])
  return {
    server: url.href.replace(/\/+$/, ''),
    isVerified,
    ...(authority === undefined ? {} : { authority: readMaterial(authority) }),
    ...(serverName === undefined ? {} : { serverName }),
  }
}

function readUser(user: Members, where: string, path: string): ClusterUser {
  for (const [member, why] of Object.entries(REFUSED_MEMBERS))
    if (user[member] !== undefined) throw fault(path, `${where}: \`${member}\` is refused: ${why}`)
  const token = textOf(user['token'])
  const tokenFile = textOf(user['tokenFile'])
  const certificate = material(user, 'client-certificate', { where, path })
  const key = material(user, 'client-key', { where, path })
  if ((certificate === undefined) !== (key === undefined))
    throw fault(path, `${where}: \`client-certificate\` and \`client-key\` belong together`)
  const program = user['exec'] === undefined ? undefined : readProgram(user['exec'], where, path)
  const name = textOf(user['as'])
  const groups = Array.isArray(user['as-groups']) ? user['as-groups'].map(String) : []
  return {
    ...(token === undefined ? {} : { token }),
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(dirname(path), tokenFile) }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
    ...(program === undefined ? {} : { program }),
    ...(name === undefined ? {} : { actAs: { name, groups } }),
  }
}

function readProgram(exec: unknown, where: string, path: string): CredentialProgram {
  const given = membersOf(exec) ?? {}
  const apiVersion = textOf(given['apiVersion']) ?? ''
  if (!PROGRAM_VERSIONS.has(apiVersion)) {
    const expected = [...PROGRAM_VERSIONS].map((one) => `\`${one}\``).join(' or ')
    throw fault(
      path,
      `${where}: expected \`exec.apiVersion\` to be ${expected}, got \`${apiVersion}\``,
    )
  }
  const command = textOf(given['command'])
  if (command === undefined) throw fault(path, `${where}: \`exec\` names no \`command\``)
  if (given['interactiveMode'] === 'Always')
    throw fault(path, `${where}: \`exec\` wants to ask somebody, and a server has nobody to ask`)
  const env = Array.isArray(given['env']) ? given['env'] : []
  const installHint = textOf(given['installHint'])
  const directory = resolve(dirname(path))
  return {
    apiVersion,
    command: PLAIN_COMMAND.test(command) ? command : resolve(directory, command),
    args: Array.isArray(given['args']) ? given['args'].map(String) : [],
    env: Object.fromEntries(
      env.map((one: unknown) => {
        const { name, value } = membersOf(one) ?? {}
        return [textOf(name) ?? '', textOf(value) ?? '']
      }),
    ),
    directory,
    ...(installHint === undefined ? {} : { installHint }),
  }
}

/** What stands there as base64, or the file that is named. */
function material(
  from: Members,
  member: string,
  { where, path }: { readonly where: string; readonly path: string },
): Material | undefined {
  const data = textOf(from[`${member}-data`])
  if (data !== undefined) {
    const pem = Buffer.from(data, 'base64').toString()
    if (pem.includes('-----BEGIN ')) return { pem }
    throw fault(path, `${where}: expected \`${member}-data\` to be PEM in base64`)
  }
  const named = textOf(from[member])
  return named === undefined ? undefined : { path: resolve(dirname(path), named) }
}

/** Throws `CONFIG_INVALID`. */
export function readMaterial(from: Material): string {
  return 'pem' in from ? from.pem : readText(from.path, 'file that the kubeconfig names')
}

export function readText(path: string, what: string): string {
  try {
    const { size } = statSync(path)
    if (size <= KUBECONFIG_BYTES_MAX) return readFileSync(path, 'utf8')
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `cannot read the ${what}: ${describeError(error)}`, {
      cause: error,
    })
  }
  throw fault(path, `is larger than ${KUBECONFIG_BYTES_MAX} bytes, which no ${what} is`)
}

function find(config: Members, list: string, member: string, name: string, path: string): Members {
  for (const one of Array.isArray(config[list]) ? config[list] : []) {
    const entry = membersOf(one)
    if (entry?.['name'] === name) return membersOf(entry[member]) ?? {}
  }
  throw fault(path, `has no ${member} \`${name}\`; ${known(member, config[list])}`)
}

function known(member: string, list: unknown): string {
  const names = (Array.isArray(list) ? list : []).map((one) => textOf(membersOf(one)?.['name']))
  const shown = names.filter((name) => name !== undefined).map((name) => `\`${name}\``)
  return shown.length === 0 ? `it has no ${member}` : `it has ${shown.join(', ')}`
}

function membersOf(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isNear(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host)
}

function fault(path: string, what: string): AppError {
  return new AppError('CONFIG_INVALID', `\`${path}\` ${what}`)
}
