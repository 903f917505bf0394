// The registry `aws.events` as use cases see it: it is there by itself and the same everywhere, so no row says of it.

import { FIRST_VERSION, type SchemaSpec, schemasArn, type Scope } from '../model/index.ts'
import { awsSchema, awsSchemaNames } from '../schema/index.ts'
import { fault } from './faults.ts'
import { AWS_REGISTRY } from './schema-names.ts'

export interface AwsSchemaView {
  readonly arn: string
  readonly spec: SchemaSpec
  readonly content: string
}

/** When these schemas were written down, for whoever asks since when there are. */
const SINCE = '2026-11-27T00:00:00.000Z'

/** Undefined when there is none of that name. */
export function findAwsSchema(scope: Scope, name: string): AwsSchemaView | undefined {
  const schema = awsSchema(name)
  if (schema === undefined) return undefined
  const { account, region } = scope
  return {
    arn: schemasArn(scope, `schema/${AWS_REGISTRY}/${name}`),
    spec: {
      account,
      region,
      registry: AWS_REGISTRY,
      name,
      description: schema.description,
      versions: [{ number: '1', semantic: FIRST_VERSION, type: 'OpenApi3', createdAt: SINCE }],
      modifiedAt: SINCE,
    },
    content: schema.content,
  }
}

/** By name. */
export function listAwsSchemas(scope: Scope): readonly AwsSchemaView[] {
  return awsSchemaNames().flatMap((name) => findAwsSchema(scope, name) ?? [])
}

/** Refuses what would change the schemas of AWS. */
export function checkNotAws(registry: string): void {
  if (registry === AWS_REGISTRY) throw fault('registry-is-fixed', { registry })
}
