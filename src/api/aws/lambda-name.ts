// The function that a name means: `NAME`, `ACCOUNT:function:NAME` or the whole ARN, each with a qualifier behind it
// or none. There is one version of a function, `$LATEST`.

import { functionArn, type Scope } from '../../model/index.ts'
import { awsFault } from './faults.ts'

const NAME =
  /^(?:(?:arn:aws[a-z-]*:lambda:)?([a-z]{2}-[a-z-]+-\d:)?(\d{12}:)?function:)?([A-Za-z0-9-_]+)(?::([^:]+))?$/

export function functionName(
  text: string,
  caller: Scope,
  qualifier?: string,
): { readonly scope: Scope; readonly name: string } {
  const match = NAME.exec(text)
  if (match === null) throw notFound(text)
  const [, region, account, name, inner] = match
  const scope = {
    account: account?.slice(0, -1) ?? caller.account,
    region: region?.slice(0, -1) ?? caller.region,
  }
  const version = qualifier ?? inner
  const arn = functionArn(scope, name!)
  if (version !== undefined && version !== '$LATEST') throw notFound(`${arn}:${version}`)
  if (scope.account !== caller.account) {
    throw awsFault('AccessDeniedException', `not authorized to act on resource: ${arn}`, 403)
  }
  return { scope, name: name! }
}

function notFound(arn: string): Error {
  return awsFault('ResourceNotFoundException', `Function not found: ${arn}`, 404)
}
