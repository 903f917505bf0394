// What the health checkers of Route 53 say, as global endpoints ask it.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheckStatus.html

import { AppError } from '../../../base/index.ts'
import type { AwsApi, AwsCredentials } from './aws-api.ts'
import { AWS_MESSAGE_LENGTH_MAX } from './limits.ts'
import { credentialsAt } from './stand-in.ts'

export type Health = 'healthy' | 'unhealthy'

export interface HealthChecksOptions {
  readonly api: AwsApi
  /** A URL, or `aws` for AWS's own. */
  readonly endpoint: string
  /** Absent where a stand-in takes any. */
  readonly credentials?: AwsCredentials
}

export interface HealthChecks {
  /** Undefined while no checker has looked yet. Rejects when Route 53 does not say. */
  read(healthCheckArn: string, account: string, signal: AbortSignal): Promise<Health | undefined>
}

/** Route 53 calls an endpoint healthy when more than this share of its checkers do. */
const HEALTHY_SHARE = 0.18
const API_VERSION = '2013-04-01'

export function createHealthChecks(options: HealthChecksOptions): HealthChecks {
  const { api, endpoint } = options
  return {
    async read(healthCheckArn, account, signal) {
      const id = healthCheckArn.split('/').at(-1)!
      const { status, text } = await api.call(
        {
          service: 'route53',
          region: 'us-east-1',
          endpoint: endpoint === 'aws' ? 'https://route53.amazonaws.com' : endpoint,
          credentials: credentialsAt(endpoint, account, options.credentials),
          method: 'GET',
          path: [API_VERSION, 'healthcheck', id, 'status'],
        },
        signal,
      )
      if (status === 200) return healthIn(text)
      const said = /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? ''
      throw new AppError(
        'REQUEST_INVALID',
        `Route 53 answered ${status} for health check \`${id}\`: ${said.slice(0, AWS_MESSAGE_LENGTH_MAX)}`,
      )
    },
  }
}

function healthIn(text: string): Health | undefined {
  const said = Array.from(text.matchAll(/<Status>\s*([^<]*)<\/Status>/g), ([, status]) => status!)
  if (said.length === 0) return undefined
  const good = said.filter((status) => status.startsWith('Success')).length
  return good / said.length > HEALTHY_SHARE ? 'healthy' : 'unhealthy'
}
