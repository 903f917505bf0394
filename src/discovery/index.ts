export { openDiscovery, type Discovery, type DiscoveryOptions } from './discovery.ts'
