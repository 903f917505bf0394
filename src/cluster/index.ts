export { type Cluster, openCluster } from './cluster.ts'
export { type ClusterAccess, readKubeconfig } from './kubeconfig.ts'
