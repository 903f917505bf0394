// The ARN under which AWS shows that a connection's secret is kept. Here it is kept sealed with the connection;
// nothing answers at this ARN.

import { createHash } from 'node:crypto'
import type { ConnectionView } from '../../control/index.ts'

export function secretArnOf({ id, spec }: ConnectionView): string {
  const { account, region, name } = spec
  const suffix = createHash('sha256').update(id).digest('hex').slice(0, 6)
  return `arn:aws:secretsmanager:${region}:${account}:secret:events!connection/${name}/${id}-${suffix}`
}
