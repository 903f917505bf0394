// GetCallerIdentity: what terraform, `aws configure` and many scripts ask first.

import { type AwsOperation, operation } from './operation.ts'

export const stsOperations: readonly AwsOperation[] = [
  operation('sts', 'GetCallerIdentity', (_input, { account, accessKeyId }) => ({
    UserId: accessKeyId === '' ? account : accessKeyId,
    Account: account,
    Arn: `arn:aws:iam::${account}:root`,
  })),
]
