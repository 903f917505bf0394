// As whom and where a ProviderConfig calls AWS.

import type { AwsCredentials } from '../../../connect/index.ts'
import { isObject, type JsonObject } from '../../json-tree.ts'
import type { ProviderConfig } from '../../provider.ts'

const REGION_DEFAULT = 'us-east-1'
/** What a stand-in that knows no credentials takes. */
const NOBODY: AwsCredentials = { accessKeyId: 'test', secretAccessKey: 'test' }

/** The resource's own region, else the config's. */
export function regionOf(wanted: JsonObject, { spec }: ProviderConfig): string {
  const { region = spec['region'] } = wanted
  return typeof region === 'string' && region !== '' ? region : REGION_DEFAULT
}

/** A URL, or undefined for AWS itself. */
export function endpointOf(service: string, { spec }: ProviderConfig): string | undefined {
  const { endpoint, endpoints } = spec
  const own = isObject(endpoints) ? endpoints[service] : undefined
  const url = own ?? endpoint
  return typeof url === 'string' && url !== '' && url !== 'aws' ? url : undefined
}

/** From the keys of the Secret, one by one or as a file of credentials. */
export function credentialsOf({ name, spec, secret }: ProviderConfig): AwsCredentials {
  const { credentials, endpoint, endpoints } = spec
  const { source, secretRef } = isObject(credentials) ? credentials : {}
  const isElsewhere = [endpoint, endpoints].some((one) => one !== undefined && one !== 'aws')
  if (source === 'None' || (secretRef === undefined && isElsewhere)) return NOBODY
  const file = Object.values(secret).find((text) => /^\s*\[/.test(text))
  const keys = file === undefined ? secret : readFile(file)
  const accessKeyId = keys['aws_access_key_id']
  const secretAccessKey = keys['aws_secret_access_key']
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error(
      `ProviderConfig \`${name}\` has no credentials: set \`credentials.secretRef\` to a Secret with \`aws_access_key_id\` and \`aws_secret_access_key\``,
    )
  const sessionToken = keys['aws_session_token']
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  }
}

/** The first section of a file in the form of `~/.aws/credentials`. */
function readFile(text: string): Readonly<Record<string, string>> {
  const [section = ''] = text.replace(/^\s*\[[^\]]*\]/, '').split(/^\s*\[/m)
  const lines = section.split('\n').map((line) => line.split('='))
  return Object.fromEntries(
    lines.flatMap(([key = '', ...value]) =>
      value.length === 0 ? [] : [[key.trim().toLowerCase(), value.join('=').trim()]],
    ),
  )
}
