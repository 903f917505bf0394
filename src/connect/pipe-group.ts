// As whom a pipe reads where readers are kept apart by name and the pipe names none.

import { parseArn } from '../model/index.ts'

/** `signalbox-000000000000-us-east-1-pipe-orders`, of the pipe's ARN; no two pipes have the same. */
export function groupOfPipe(reader: string): string {
  const arn = parseArn(reader)
  const name = arn === undefined ? reader : `${arn.account}-${arn.region}-${arn.resource}`
  return `signalbox-${name.replace(/[^A-Za-z0-9._-]+/g, '-')}`
}
