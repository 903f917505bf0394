export { openWorkflows, type Workflows, type WorkflowsOptions } from './workflows.ts'
export type { AwaitedEvent, CallRequest, Outside, WorkflowNews } from './outside.ts'
export { asText } from './json-tree.ts'
export type { ActionResult } from './plan.ts'
export type { RenderText } from './template.ts'
export { createFlows, type FlowName, type FlowReport, type Flows, type FlowView } from './flows.ts'
export {
  lintTemplates,
  type OfflineRender,
  type OfflineTemplate,
  renderOffline,
} from './offline.ts'
export { createAwsProvider } from './kinds/aws/aws-provider.ts'
export { createWorkflowSinkKind, machineOf } from './workflow-sink.ts'
export { createWorkflowStrategy } from './strategy.ts'
export type { CheckPattern } from './check-actions.ts'
