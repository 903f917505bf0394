// The schemas of well-known events of AWS services, made from an event of each as AWS documents them. One is made when
// it is first asked for, and is the same from then on.

import { AWS_EVENT_EXAMPLES } from './aws-event-examples.ts'
import { AWS_PIPELINE_EXAMPLES } from './aws-pipeline-examples.ts'
import { formatInferred } from './infer.ts'
import { discoveredName } from './names.ts'
import { mergeShapes, shapeOf } from './shape.ts'

/** An event of AWS by its details: what one of several lacks need not be there. */
export type AwsEventExample = readonly [
  source: string,
  detailType: string,
  detail: object,
  ...others: readonly object[],
]

export interface AwsSchema {
  /** `aws.ec2@EC2InstanceStateChangeNotification` */
  readonly name: string
  readonly description: string
  /** OpenAPI 3. */
  readonly content: string
}

const examples: ReadonlyMap<string, AwsEventExample> = new Map(
  [...AWS_EVENT_EXAMPLES, ...AWS_PIPELINE_EXAMPLES].map((example) => [
    discoveredName(example[0], example[1]),
    example,
  ]),
)
const made = new Map<string, AwsSchema>()

/** In the order of their names. */
export function awsSchemaNames(): readonly string[] {
  return [...examples.keys()].sort()
}

export function awsSchema(name: string): AwsSchema | undefined {
  const known = made.get(name)
  if (known !== undefined) return known
  const example = examples.get(name)
  if (example === undefined) return undefined
  const [source, detailType, ...details] = example
  const detail = details.map((one) => shapeOf(one)).reduce(mergeShapes)
  const schema = {
    name,
    description: `Schema for event type ${detailType}, published by AWS service ${source}`,
    content: formatInferred({ source, detailType, detail }),
  }
  made.set(name, schema)
  return schema
}
