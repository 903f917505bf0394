// What other programs of the same kinds do and this one does not. A trigger that asks for it is refused, and told what
// to do instead, when what is deployed would be something else; where only less is looked after, that is said.

import type { EventTriggerSpec } from './shapes.ts'

const POLICY = 'put the manifests into a ConfigMap that policyRefs names'
const REFUSED: Readonly<Record<string, string>> = {
  helmCharts: `render the chart with \`helm template\` and ${POLICY}`,
  kustomizationRefs: `build it with \`kubectl kustomize\` and ${POLICY}`,
  configMapGenerator:
    'name the ConfigMap itself in policyRefs, with the annotation projectsveltos.io/instantiate',
  secretGenerator:
    'name the Secret itself in policyRefs, with the annotation projectsveltos.io/instantiate',
  preDeployChecks: 'let `cloudEventAction` decide',
  dependsOn: 'let the first trigger publish an event that the second one waits for',
  clusterSetRefs: 'choose by sourceClusterSelector',
}
const IGNORED: Readonly<Record<string, string>> = {
  validateHealths: 'deployed objects are not watched for health',
  postDeployChecks: 'nothing is checked after the deployment',
  driftExclusions: 'with ContinuousWithDriftDetection every field of the templates is mended',
  reloader: 'workloads are not restarted when what they mount changes',
}

/** Why a trigger is refused, with what would be right; undefined for one that is not. */
export function refusalOf(spec: EventTriggerSpec): string | undefined {
  const name = Object.keys(REFUSED).find((one) => isSet(spec, one))
  return name === undefined ? undefined : `\`${name}\` is not supported: ${REFUSED[name]}`
}

/** What of a trigger has no effect. */
export function ignoredOf(spec: EventTriggerSpec): readonly string[] {
  const names = Object.keys(IGNORED).filter((one) => isSet(spec, one))
  return names.map((name) => `\`${name}\` has no effect: ${IGNORED[name]}`)
}

function isSet(spec: EventTriggerSpec, name: string): boolean {
  const value = (spec as unknown as Readonly<Record<string, unknown>>)[name]
  return value === true || (Array.isArray(value) && value.length > 0)
}
