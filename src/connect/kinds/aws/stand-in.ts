// As whom AWS is called: as the configuration says, and a stand-in for AWS as anybody.

import { AppError } from '../../../base/index.ts'
import type { AwsCredentials } from './aws-api.ts'

/** Stand-ins take any credentials, and many read the account out of them. */
export function credentialsAt(
  endpoint: string,
  account: string,
  credentials: AwsCredentials | undefined,
): AwsCredentials {
  if (credentials !== undefined) return credentials
  if (endpoint !== 'aws') return { accessKeyId: account, secretAccessKey: 'test' }
  throw new AppError(
    'AWS_ENDPOINT_MISSING',
    'AWS itself cannot be called without credentials; set `targets.aws.accessKeyId` and `targets.aws.secretAccessKey`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`',
  )
}

/** What to configure, where it is not said where a service is. */
export function endpointMissing(service: string): AppError {
  return new AppError(
    'AWS_ENDPOINT_MISSING',
    `no endpoint is configured for AWS service \`${service}\`; set \`targets.aws.endpoints.${service}\` in the configuration file, or \`SIGNALBOX_AWS_ENDPOINT\` for all services, to a URL or to \`aws\``,
  )
}
