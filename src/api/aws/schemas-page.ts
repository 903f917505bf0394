// Pages as EventBridge Schemas asks for them: its tables give `Limit` no bounds, the service does.

import { awsFault } from './faults.ts'
import { SCHEMAS_PAGE_MAX } from './limits.ts'

export interface PageInput {
  readonly Limit?: number
  readonly NextToken?: string
}

export function decodePage({ Limit: limit, NextToken: token }: PageInput): {
  readonly limit: number | undefined
  readonly token: string | undefined
} {
  if (limit !== undefined && (limit < 1 || limit > SCHEMAS_PAGE_MAX)) {
    throw awsFault('BadRequestException', `Limit must be between 1 and ${SCHEMAS_PAGE_MAX}.`, 400)
  }
  return { limit, token }
}
