// Whose buses a CloudEvents request speaks of where nobody signs in: the default account and region, or those
// that the query names, `?account=123456789012&region=eu-west-1`.

import { AppError } from '../../base/index.ts'
import { DEFAULT_ACCOUNT, type Scope } from '../../model/index.ts'
import type { HttpRequest } from '../http/exchange.ts'

export function createQueryScope(defaultRegion: string): (request: HttpRequest) => Scope {
  const defaultScope = { account: DEFAULT_ACCOUNT, region: defaultRegion }
  return ({ query }) => {
    if (query === '') return defaultScope
    const parameters = new URLSearchParams(query)
    const account = parameters.get('account') ?? DEFAULT_ACCOUNT
    const region = parameters.get('region') ?? defaultRegion
    if (!/^\d{12}$/.test(account)) {
      throw new AppError(
        'REQUEST_INVALID',
        `expected \`account\` to be 12 digits, got \`${account}\``,
      )
    }
    if (!/^[a-z0-9-]{1,40}$/.test(region)) {
      throw new AppError(
        'REQUEST_INVALID',
        `expected \`region\` to be a region such as \`us-east-1\`, got \`${region}\``,
      )
    }
    return { account, region }
  }
}
