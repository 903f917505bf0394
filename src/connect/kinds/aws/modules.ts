// The clients of the AWS SDK, each loaded when it is first called: a server that sends to no AWS service loads
// none, and need not have them installed (they are optional peers, see docs/decisions/0020).

import { createRequire } from 'node:module'
import { AppError, describeError } from '../../../base/index.ts'

/** What of a client's package is used: its client class and its commands, by name. */
export type SdkModule = Readonly<Record<string, unknown>>

/** The services that targets name, by the service part of their ARN. */
const CLIENTS: Readonly<Record<string, { package: string; load(): Promise<SdkModule> }>> = {
  batch: { package: 'batch', load: () => import('@aws-sdk/client-batch') },
  codebuild: { package: 'codebuild', load: () => import('@aws-sdk/client-codebuild') },
  codepipeline: { package: 'codepipeline', load: () => import('@aws-sdk/client-codepipeline') },
  ecs: { package: 'ecs', load: () => import('@aws-sdk/client-ecs') },
  firehose: { package: 'firehose', load: () => import('@aws-sdk/client-firehose') },
  kinesis: { package: 'kinesis', load: () => import('@aws-sdk/client-kinesis') },
  lambda: { package: 'lambda', load: () => import('@aws-sdk/client-lambda') },
  logs: { package: 'cloudwatch-logs', load: () => import('@aws-sdk/client-cloudwatch-logs') },
  'redshift-data': {
    package: 'redshift-data',
    load: () => import('@aws-sdk/client-redshift-data'),
  },
  sagemaker: { package: 'sagemaker', load: () => import('@aws-sdk/client-sagemaker') },
  sns: { package: 'sns', load: () => import('@aws-sdk/client-sns') },
  sqs: { package: 'sqs', load: () => import('@aws-sdk/client-sqs') },
  ssm: { package: 'ssm', load: () => import('@aws-sdk/client-ssm') },
  states: { package: 'sfn', load: () => import('@aws-sdk/client-sfn') },
}

/** Services of universal targets whose package is named otherwise than by the service alone. */
const PACKAGES: Readonly<Record<string, string>> = {
  applicationautoscaling: 'application-auto-scaling',
  autoscaling: 'auto-scaling',
  cognitoidentityprovider: 'cognito-identity-provider',
  configservice: 'config-service',
  costexplorer: 'cost-explorer',
  databasemigration: 'database-migration-service',
  elasticloadbalancingv2: 'elastic-load-balancing-v2',
  events: 'eventbridge',
  rdsdata: 'rds-data',
  secretsmanager: 'secrets-manager',
  storagegateway: 'storage-gateway',
}

// A universal target of EventBridge Scheduler names any service; its client is what the operator installed.
const requireInstalled = createRequire(import.meta.url)

/** The client package of a service; throws `AWS_CLIENT_MISSING` when it is not installed. */
export async function loadModule(service: string): Promise<SdkModule> {
  const known = Object.hasOwn(CLIENTS, service) ? CLIENTS[service] : undefined
  const name = `@aws-sdk/client-${known?.package ?? PACKAGES[service] ?? service}`
  try {
    return known === undefined ? (requireInstalled(name) as SdkModule) : await known.load()
  } catch (error) {
    throw new AppError(
      'AWS_CLIENT_MISSING',
      `the client of AWS service \`${service}\` is not installed; run \`npm install ${name}\` beside signalbox`,
      { cause: new Error(describeError(error)) },
    )
  }
}
