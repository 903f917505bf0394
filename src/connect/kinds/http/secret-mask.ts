// Takes the secrets of a connection out of what its target said of a failure: an echoing target must not bring
// them into a log line or a dead letter.

import type { HttpParameters } from '../../../model/index.ts'
import type { Destination } from '../../destination.ts'

const MASK = '[masked]'
/** What is shorter stands in half of all texts, and is no secret. */
const SECRET_LENGTH_MIN = 4

export function createMask(
  { authorization, parameters = {} }: Destination['connection'],
  token: string | undefined,
): (text: string) => string {
  const secrets = [...secretsIn(parameters)]
  if (token !== undefined) secrets.push(token.slice(token.indexOf(' ') + 1))
  switch (authorization.kind) {
    case 'basic': {
      const { username, password = '' } = authorization
      secrets.push(Buffer.from(`${username}:${password}`).toString('base64'), password)
      break
    }
    case 'api-key':
      secrets.push(authorization.value ?? '')
      break
    case 'oauth':
      secrets.push(authorization.clientSecret ?? '', ...secretsIn(authorization.parameters ?? {}))
      break
  }
  const wanted = secrets
    .filter((secret) => secret.length >= SECRET_LENGTH_MIN)
    .sort((a, b) => b.length - a.length)
  return (text) => wanted.reduce((shown, secret) => shown.replaceAll(secret, MASK), text)
}

function secretsIn({ headers = [], query = [], body = [] }: HttpParameters): readonly string[] {
  return [...headers, ...query, ...body].flatMap(({ value, isSecret }) =>
    isSecret === true && value !== undefined ? [value] : [],
  )
}
