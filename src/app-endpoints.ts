// Global endpoints as our own API shows them.

import type { EndpointView as OwnEndpointView } from './api/index.ts'
import type { Control, EndpointView } from './control/index.ts'

export async function viewEndpoints({ endpoints }: Control): Promise<readonly OwnEndpointView[]> {
  return (await endpoints.listEverywhere()).map(view)
}

export async function setEndpointHealth(
  { endpoints }: Control,
  endpoint: string,
  health: 'healthy' | 'unhealthy',
): Promise<OwnEndpointView> {
  return view(await endpoints.setHealth(endpoint, health))
}

function view({ arn, spec, isFailedOver }: EndpointView): OwnEndpointView {
  return {
    name: spec.name,
    id: spec.endpointId,
    arn,
    account: spec.account,
    buses: spec.buses,
    activeRegion: isFailedOver ? spec.secondaryRegion : spec.region,
    isFailedOver,
    isReplicated: spec.isReplicated,
  }
}
