// What a pod may say. What only a cluster's own parts look into is kept as it is.
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/

import type { Schema } from '../structure/index.ts'
import {
  ANYTHING,
  CONDITIONS,
  FLAG,
  INT_OR_TEXT,
  listOf,
  mapBy,
  objectOf,
  TEXT,
  TEXT_MAP,
  TEXTS,
  TIME,
  WHOLE,
  withDefault,
} from './schema-parts.ts'

const KEY_REFERENCE = objectOf({ name: TEXT, key: TEXT, optional: FLAG }, ['key'])

const ENV = objectOf(
  {
    name: TEXT,
    value: TEXT,
    valueFrom: objectOf({
      configMapKeyRef: KEY_REFERENCE,
      secretKeyRef: KEY_REFERENCE,
      fieldRef: objectOf({ apiVersion: withDefault(TEXT, 'v1'), fieldPath: TEXT }, ['fieldPath']),
      resourceFieldRef: ANYTHING,
    }),
  },
  ['name'],
)

const SOURCE = objectOf({ name: TEXT, optional: FLAG })

const QUANTITIES: Schema = { type: 'object', additionalProperties: INT_OR_TEXT }

const CONTAINER = objectOf(
  {
    name: TEXT,
    image: TEXT,
    command: TEXTS,
    args: TEXTS,
    workingDir: TEXT,
    ports: mapBy(
      ['containerPort', 'protocol'],
      objectOf(
        {
          name: TEXT,
          containerPort: WHOLE,
          hostPort: WHOLE,
          hostIP: TEXT,
          protocol: withDefault(TEXT, 'TCP'),
        },
        ['containerPort'],
      ),
    ),
    env: mapBy(['name'], ENV),
    envFrom: listOf(objectOf({ prefix: TEXT, configMapRef: SOURCE, secretRef: SOURCE })),
    resources: objectOf({ limits: QUANTITIES, requests: QUANTITIES, claims: listOf(ANYTHING) }),
    volumeMounts: mapBy(
      ['mountPath'],
      objectOf(
        {
          name: TEXT,
          mountPath: TEXT,
          subPath: TEXT,
          subPathExpr: TEXT,
          readOnly: FLAG,
          recursiveReadOnly: TEXT,
          mountPropagation: TEXT,
        },
        ['name', 'mountPath'],
      ),
    ),
    volumeDevices: listOf(ANYTHING),
    imagePullPolicy: { type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] },
    livenessProbe: ANYTHING,
    readinessProbe: ANYTHING,
    startupProbe: ANYTHING,
    lifecycle: ANYTHING,
    securityContext: ANYTHING,
    restartPolicy: TEXT,
    resizePolicy: listOf(ANYTHING),
    stdin: FLAG,
    stdinOnce: FLAG,
    tty: FLAG,
    terminationMessagePath: withDefault(TEXT, '/dev/termination-log'),
    terminationMessagePolicy: withDefault(TEXT, 'File'),
  },
  ['name'],
)

const PROJECTED = objectOf({
  name: TEXT,
  secretName: TEXT,
  optional: FLAG,
  defaultMode: WHOLE,
  items: listOf(objectOf({ key: TEXT, path: TEXT, mode: WHOLE }, ['key', 'path'])),
})

const VOLUME: Schema = {
  ...objectOf(
    {
      name: TEXT,
      configMap: PROJECTED,
      secret: PROJECTED,
      emptyDir: ANYTHING,
      hostPath: objectOf({ path: TEXT, type: TEXT }, ['path']),
    },
    ['name'],
  ),
  'x-kubernetes-preserve-unknown-fields': true,
}

export const POD_SPEC: Schema = objectOf(
  {
    containers: { ...mapBy(['name'], CONTAINER), minItems: 1 },
    initContainers: mapBy(['name'], CONTAINER),
    ephemeralContainers: mapBy(['name'], ANYTHING),
    volumes: mapBy(['name'], VOLUME),
    restartPolicy: { type: 'string', enum: ['Always', 'OnFailure', 'Never'] },
    terminationGracePeriodSeconds: withDefault(WHOLE, 30),
    activeDeadlineSeconds: { type: 'integer', minimum: 1 },
    dnsPolicy: withDefault(TEXT, 'ClusterFirst'),
    nodeSelector: { ...TEXT_MAP, 'x-kubernetes-map-type': 'atomic' },
    serviceAccountName: TEXT,
    serviceAccount: TEXT,
    automountServiceAccountToken: FLAG,
    nodeName: TEXT,
    hostNetwork: FLAG,
    hostPID: FLAG,
    hostIPC: FLAG,
    hostUsers: FLAG,
    shareProcessNamespace: FLAG,
    securityContext: withDefault(ANYTHING, {}),
    imagePullSecrets: mapBy(['name'], objectOf({ name: TEXT })),
    hostname: TEXT,
    subdomain: TEXT,
    setHostnameAsFQDN: FLAG,
    affinity: ANYTHING,
    schedulerName: withDefault(TEXT, 'default-scheduler'),
    tolerations: listOf(ANYTHING),
    hostAliases: mapBy(['ip'], objectOf({ ip: TEXT, hostnames: TEXTS }, ['ip'])),
    priorityClassName: TEXT,
    priority: WHOLE,
    preemptionPolicy: TEXT,
    dnsConfig: ANYTHING,
    readinessGates: listOf(ANYTHING),
    runtimeClassName: TEXT,
    enableServiceLinks: FLAG,
    overhead: QUANTITIES,
    topologySpreadConstraints: listOf(ANYTHING),
    os: ANYTHING,
    schedulingGates: listOf(ANYTHING),
    resourceClaims: listOf(ANYTHING),
  },
  ['containers'],
)

const CONTAINER_STATUSES = listOf({
  type: 'object',
  'x-kubernetes-preserve-unknown-fields': true,
  properties: { name: TEXT, ready: FLAG, restartCount: WHOLE, image: TEXT, imageID: TEXT },
})

export const POD_STATUS: Schema = objectOf({
  phase: TEXT,
  conditions: CONDITIONS,
  message: TEXT,
  reason: TEXT,
  nominatedNodeName: TEXT,
  hostIP: TEXT,
  podIP: TEXT,
  podIPs: listOf(ANYTHING),
  hostIPs: listOf(ANYTHING),
  startTime: TIME,
  initContainerStatuses: CONTAINER_STATUSES,
  containerStatuses: CONTAINER_STATUSES,
  qosClass: TEXT,
  observedGeneration: WHOLE,
})

/** A pod within another kind. Its metadata are looked into only when a pod is made of it. */
export const POD_TEMPLATE: Schema = objectOf(
  {
    metadata: objectOf({
      name: TEXT,
      generateName: TEXT,
      namespace: TEXT,
      labels: TEXT_MAP,
      annotations: TEXT_MAP,
      finalizers: TEXTS,
      creationTimestamp: { ...TIME, nullable: true },
    }),
    spec: POD_SPEC,
  },
  ['spec'],
)
