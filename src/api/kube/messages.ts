// Made by tools/kube-messages.ts from Kubernetes v0.32.3; not to be edited.
//
// A message a line: its name, then each field as `number:name:type`. `[` before a type is a list of it, `{` a map from
// text to it.

export const MESSAGES = `
authentication.v1.BoundObjectReference 1:kind:string 2:apiVersion:string 3:name:string 4:uID:string
authentication.v1.ExtraValue 1:items:[string
authentication.v1.SelfSubjectReview 1:metadata:meta.v1.ObjectMeta 2:status:authentication.v1.SelfSubjectReviewStatus
authentication.v1.SelfSubjectReviewStatus 1:userInfo:authentication.v1.UserInfo
authentication.v1.TokenRequest 1:metadata:meta.v1.ObjectMeta 2:spec:authentication.v1.TokenRequestSpec 3:status:authentication.v1.TokenRequestStatus
authentication.v1.TokenRequestSpec 1:audiences:[string 4:expirationSeconds:int64 3:boundObjectRef:authentication.v1.BoundObjectReference
authentication.v1.TokenRequestStatus 1:token:string 2:expirationTimestamp:meta.v1.Time
authentication.v1.TokenReview 1:metadata:meta.v1.ObjectMeta 2:spec:authentication.v1.TokenReviewSpec 3:status:authentication.v1.TokenReviewStatus
authentication.v1.TokenReviewSpec 1:token:string 2:audiences:[string
authentication.v1.TokenReviewStatus 1:authenticated:bool 2:user:authentication.v1.UserInfo 4:audiences:[string 3:error:string
authentication.v1.UserInfo 1:username:string 2:uid:string 3:groups:[string 4:extra:{authentication.v1.ExtraValue
authorization.v1.ExtraValue 1:items:[string
authorization.v1.FieldSelectorAttributes 1:rawSelector:string 2:requirements:[meta.v1.FieldSelectorRequirement
authorization.v1.LabelSelectorAttributes 1:rawSelector:string 2:requirements:[meta.v1.LabelSelectorRequirement
authorization.v1.LocalSubjectAccessReview 1:metadata:meta.v1.ObjectMeta 2:spec:authorization.v1.SubjectAccessReviewSpec 3:status:authorization.v1.SubjectAccessReviewStatus
authorization.v1.NonResourceAttributes 1:path:string 2:verb:string
authorization.v1.NonResourceRule 1:verbs:[string 2:nonResourceURLs:[string
authorization.v1.ResourceAttributes 1:namespace:string 2:verb:string 3:group:string 4:version:string 5:resource:string 6:subresource:string 7:name:string 8:fieldSelector:authorization.v1.FieldSelectorAttributes 9:labelSelector:authorization.v1.LabelSelectorAttributes
authorization.v1.ResourceRule 1:verbs:[string 2:apiGroups:[string 3:resources:[string 4:resourceNames:[string
authorization.v1.SelfSubjectAccessReview 1:metadata:meta.v1.ObjectMeta 2:spec:authorization.v1.SelfSubjectAccessReviewSpec 3:status:authorization.v1.SubjectAccessReviewStatus
authorization.v1.SelfSubjectAccessReviewSpec 1:resourceAttributes:authorization.v1.ResourceAttributes 2:nonResourceAttributes:authorization.v1.NonResourceAttributes
authorization.v1.SelfSubjectRulesReview 1:metadata:meta.v1.ObjectMeta 2:spec:authorization.v1.SelfSubjectRulesReviewSpec 3:status:authorization.v1.SubjectRulesReviewStatus
authorization.v1.SelfSubjectRulesReviewSpec 1:namespace:string
authorization.v1.SubjectAccessReview 1:metadata:meta.v1.ObjectMeta 2:spec:authorization.v1.SubjectAccessReviewSpec 3:status:authorization.v1.SubjectAccessReviewStatus
authorization.v1.SubjectAccessReviewSpec 1:resourceAttributes:authorization.v1.ResourceAttributes 2:nonResourceAttributes:authorization.v1.NonResourceAttributes 3:user:string 4:groups:[string 5:extra:{authorization.v1.ExtraValue 6:uid:string
authorization.v1.SubjectAccessReviewStatus 1:allowed:bool 4:denied:bool 2:reason:string 3:evaluationError:string
authorization.v1.SubjectRulesReviewStatus 1:resourceRules:[authorization.v1.ResourceRule 2:nonResourceRules:[authorization.v1.NonResourceRule 3:incomplete:bool 4:evaluationError:string
batch.v1.Job 1:metadata:meta.v1.ObjectMeta 2:spec:batch.v1.JobSpec 3:status:batch.v1.JobStatus
batch.v1.JobCondition 1:type:string 2:status:string 3:lastProbeTime:meta.v1.Time 4:lastTransitionTime:meta.v1.Time 5:reason:string 6:message:string
batch.v1.JobSpec 1:parallelism:int32 2:completions:int32 3:activeDeadlineSeconds:int64 11:podFailurePolicy:batch.v1.PodFailurePolicy 16:successPolicy:batch.v1.SuccessPolicy 7:backoffLimit:int32 12:backoffLimitPerIndex:int32 13:maxFailedIndexes:int32 4:selector:meta.v1.LabelSelector 5:manualSelector:bool 6:template:core.v1.PodTemplateSpec 8:ttlSecondsAfterFinished:int32 9:completionMode:string 10:suspend:bool 14:podReplacementPolicy:string 15:managedBy:string
batch.v1.JobStatus 1:conditions:[batch.v1.JobCondition 2:startTime:meta.v1.Time 3:completionTime:meta.v1.Time 4:active:int32 5:succeeded:int32 6:failed:int32 11:terminating:int32 7:completedIndexes:string 10:failedIndexes:string 8:uncountedTerminatedPods:batch.v1.UncountedTerminatedPods 9:ready:int32
batch.v1.PodFailurePolicy 1:rules:[batch.v1.PodFailurePolicyRule
batch.v1.PodFailurePolicyOnExitCodesRequirement 1:containerName:string 2:operator:string 3:values:[int32
batch.v1.PodFailurePolicyOnPodConditionsPattern 1:type:string 2:status:string
batch.v1.PodFailurePolicyRule 1:action:string 2:onExitCodes:batch.v1.PodFailurePolicyOnExitCodesRequirement 3:onPodConditions:[batch.v1.PodFailurePolicyOnPodConditionsPattern
batch.v1.SuccessPolicy 1:rules:[batch.v1.SuccessPolicyRule
batch.v1.SuccessPolicyRule 1:succeededIndexes:string 2:succeededCount:int32
batch.v1.UncountedTerminatedPods 1:succeeded:[string 2:failed:[string
core.v1.AWSElasticBlockStoreVolumeSource 1:volumeID:string 2:fsType:string 3:partition:int32 4:readOnly:bool
core.v1.Affinity 1:nodeAffinity:core.v1.NodeAffinity 2:podAffinity:core.v1.PodAffinity 3:podAntiAffinity:core.v1.PodAntiAffinity
core.v1.AppArmorProfile 1:type:string 2:localhostProfile:string
core.v1.AzureDiskVolumeSource 1:diskName:string 2:diskURI:string 3:cachingMode:string 4:fsType:string 5:readOnly:bool 6:kind:string
core.v1.AzureFileVolumeSource 1:secretName:string 2:shareName:string 3:readOnly:bool
core.v1.CSIVolumeSource 1:driver:string 2:readOnly:bool 3:fsType:string 4:volumeAttributes:{string 5:nodePublishSecretRef:core.v1.LocalObjectReference
core.v1.Capabilities 1:add:[string 2:drop:[string
core.v1.CephFSVolumeSource 1:monitors:[string 2:path:string 3:user:string 4:secretFile:string 5:secretRef:core.v1.LocalObjectReference 6:readOnly:bool
core.v1.CinderVolumeSource 1:volumeID:string 2:fsType:string 3:readOnly:bool 4:secretRef:core.v1.LocalObjectReference
core.v1.ClusterTrustBundleProjection 1:name:string 2:signerName:string 3:labelSelector:meta.v1.LabelSelector 5:optional:bool 4:path:string
core.v1.ConfigMap 1:metadata:meta.v1.ObjectMeta 4:immutable:bool 2:data:{string 3:binaryData:{bytes
core.v1.ConfigMapEnvSource 1:localObjectReference:core.v1.LocalObjectReference 2:optional:bool
core.v1.ConfigMapKeySelector 1:localObjectReference:core.v1.LocalObjectReference 2:key:string 3:optional:bool
core.v1.ConfigMapProjection 1:localObjectReference:core.v1.LocalObjectReference 2:items:[core.v1.KeyToPath 4:optional:bool
core.v1.ConfigMapVolumeSource 1:localObjectReference:core.v1.LocalObjectReference 2:items:[core.v1.KeyToPath 3:defaultMode:int32 4:optional:bool
core.v1.Container 1:name:string 2:image:string 3:command:[string 4:args:[string 5:workingDir:string 6:ports:[core.v1.ContainerPort 19:envFrom:[core.v1.EnvFromSource 7:env:[core.v1.EnvVar 8:resources:core.v1.ResourceRequirements 23:resizePolicy:[core.v1.ContainerResizePolicy 24:restartPolicy:string 9:volumeMounts:[core.v1.VolumeMount 21:volumeDevices:[core.v1.VolumeDevice 10:livenessProbe:core.v1.Probe 11:readinessProbe:core.v1.Probe 22:startupProbe:core.v1.Probe 12:lifecycle:core.v1.Lifecycle 13:terminationMessagePath:string 20:terminationMessagePolicy:string 14:imagePullPolicy:string 15:securityContext:core.v1.SecurityContext 16:stdin:bool 17:stdinOnce:bool 18:tty:bool
core.v1.ContainerPort 1:name:string 2:hostPort:int32 3:containerPort:int32 4:protocol:string 5:hostIP:string
core.v1.ContainerResizePolicy 1:resourceName:string 2:restartPolicy:string
core.v1.ContainerState 1:waiting:core.v1.ContainerStateWaiting 2:running:core.v1.ContainerStateRunning 3:terminated:core.v1.ContainerStateTerminated
core.v1.ContainerStateRunning 1:startedAt:meta.v1.Time
core.v1.ContainerStateTerminated 1:exitCode:int32 2:signal:int32 3:reason:string 4:message:string 5:startedAt:meta.v1.Time 6:finishedAt:meta.v1.Time 7:containerID:string
core.v1.ContainerStateWaiting 1:reason:string 2:message:string
core.v1.ContainerStatus 1:name:string 2:state:core.v1.ContainerState 3:lastState:core.v1.ContainerState 4:ready:bool 5:restartCount:int32 6:image:string 7:imageID:string 8:containerID:string 9:started:bool 10:allocatedResources:{resource.Quantity 11:resources:core.v1.ResourceRequirements 12:volumeMounts:[core.v1.VolumeMountStatus 13:user:core.v1.ContainerUser 14:allocatedResourcesStatus:[core.v1.ResourceStatus
core.v1.ContainerUser 1:linux:core.v1.LinuxContainerUser
core.v1.DownwardAPIProjection 1:items:[core.v1.DownwardAPIVolumeFile
core.v1.DownwardAPIVolumeFile 1:path:string 2:fieldRef:core.v1.ObjectFieldSelector 3:resourceFieldRef:core.v1.ResourceFieldSelector 4:mode:int32
core.v1.DownwardAPIVolumeSource 1:items:[core.v1.DownwardAPIVolumeFile 2:defaultMode:int32
core.v1.EmptyDirVolumeSource 1:medium:string 2:sizeLimit:resource.Quantity
core.v1.EnvFromSource 1:prefix:string 2:configMapRef:core.v1.ConfigMapEnvSource 3:secretRef:core.v1.SecretEnvSource
core.v1.EnvVar 1:name:string 2:value:string 3:valueFrom:core.v1.EnvVarSource
core.v1.EnvVarSource 1:fieldRef:core.v1.ObjectFieldSelector 2:resourceFieldRef:core.v1.ResourceFieldSelector 3:configMapKeyRef:core.v1.ConfigMapKeySelector 4:secretKeyRef:core.v1.SecretKeySelector
core.v1.EphemeralContainer 1:ephemeralContainerCommon:core.v1.EphemeralContainerCommon 2:targetContainerName:string
core.v1.EphemeralContainerCommon 1:name:string 2:image:string 3:command:[string 4:args:[string 5:workingDir:string 6:ports:[core.v1.ContainerPort 19:envFrom:[core.v1.EnvFromSource 7:env:[core.v1.EnvVar 8:resources:core.v1.ResourceRequirements 23:resizePolicy:[core.v1.ContainerResizePolicy 24:restartPolicy:string 9:volumeMounts:[core.v1.VolumeMount 21:volumeDevices:[core.v1.VolumeDevice 10:livenessProbe:core.v1.Probe 11:readinessProbe:core.v1.Probe 22:startupProbe:core.v1.Probe 12:lifecycle:core.v1.Lifecycle 13:terminationMessagePath:string 20:terminationMessagePolicy:string 14:imagePullPolicy:string 15:securityContext:core.v1.SecurityContext 16:stdin:bool 17:stdinOnce:bool 18:tty:bool
core.v1.EphemeralVolumeSource 1:volumeClaimTemplate:core.v1.PersistentVolumeClaimTemplate
core.v1.Event 1:metadata:meta.v1.ObjectMeta 2:involvedObject:core.v1.ObjectReference 3:reason:string 4:message:string 5:source:core.v1.EventSource 6:firstTimestamp:meta.v1.Time 7:lastTimestamp:meta.v1.Time 8:count:int32 9:type:string 10:eventTime:meta.v1.MicroTime 11:series:core.v1.EventSeries 12:action:string 13:related:core.v1.ObjectReference 14:reportingComponent:string 15:reportingInstance:string
core.v1.EventSeries 1:count:int32 2:lastObservedTime:meta.v1.MicroTime
core.v1.EventSource 1:component:string 2:host:string
core.v1.ExecAction 1:command:[string
core.v1.FCVolumeSource 1:targetWWNs:[string 2:lun:int32 3:fsType:string 4:readOnly:bool 5:wwids:[string
core.v1.FlexVolumeSource 1:driver:string 2:fsType:string 3:secretRef:core.v1.LocalObjectReference 4:readOnly:bool 5:options:{string
core.v1.FlockerVolumeSource 1:datasetName:string 2:datasetUUID:string
core.v1.GCEPersistentDiskVolumeSource 1:pdName:string 2:fsType:string 3:partition:int32 4:readOnly:bool
core.v1.GRPCAction 1:port:int32 2:service:string
core.v1.GitRepoVolumeSource 1:repository:string 2:revision:string 3:directory:string
core.v1.GlusterfsVolumeSource 1:endpoints:string 2:path:string 3:readOnly:bool
core.v1.HTTPGetAction 1:path:string 2:port:intstr.IntOrString 3:host:string 4:scheme:string 5:httpHeaders:[core.v1.HTTPHeader
core.v1.HTTPHeader 1:name:string 2:value:string
core.v1.HostAlias 1:ip:string 2:hostnames:[string
core.v1.HostIP 1:ip:string
core.v1.HostPathVolumeSource 1:path:string 2:type:string
core.v1.ISCSIVolumeSource 1:targetPortal:string 2:iqn:string 3:lun:int32 4:iscsiInterface:string 5:fsType:string 6:readOnly:bool 7:portals:[string 8:chapAuthDiscovery:bool 11:chapAuthSession:bool 10:secretRef:core.v1.LocalObjectReference 12:initiatorName:string
core.v1.ImageVolumeSource 1:reference:string 2:pullPolicy:string
core.v1.KeyToPath 1:key:string 2:path:string 3:mode:int32
core.v1.Lifecycle 1:postStart:core.v1.LifecycleHandler 2:preStop:core.v1.LifecycleHandler
core.v1.LifecycleHandler 1:exec:core.v1.ExecAction 2:httpGet:core.v1.HTTPGetAction 3:tcpSocket:core.v1.TCPSocketAction 4:sleep:core.v1.SleepAction
core.v1.LinuxContainerUser 1:uid:int64 2:gid:int64 3:supplementalGroups:[int64
core.v1.LocalObjectReference 1:name:string
core.v1.NFSVolumeSource 1:server:string 2:path:string 3:readOnly:bool
core.v1.Namespace 1:metadata:meta.v1.ObjectMeta 2:spec:core.v1.NamespaceSpec 3:status:core.v1.NamespaceStatus
core.v1.NamespaceCondition 1:type:string 2:status:string 4:lastTransitionTime:meta.v1.Time 5:reason:string 6:message:string
core.v1.NamespaceSpec 1:finalizers:[string
core.v1.NamespaceStatus 1:phase:string 2:conditions:[core.v1.NamespaceCondition
core.v1.NodeAffinity 1:requiredDuringSchedulingIgnoredDuringExecution:core.v1.NodeSelector 2:preferredDuringSchedulingIgnoredDuringExecution:[core.v1.PreferredSchedulingTerm
core.v1.NodeSelector 1:nodeSelectorTerms:[core.v1.NodeSelectorTerm
core.v1.NodeSelectorRequirement 1:key:string 2:operator:string 3:values:[string
core.v1.NodeSelectorTerm 1:matchExpressions:[core.v1.NodeSelectorRequirement 2:matchFields:[core.v1.NodeSelectorRequirement
core.v1.ObjectFieldSelector 1:apiVersion:string 2:fieldPath:string
core.v1.ObjectReference 1:kind:string 2:namespace:string 3:name:string 4:uid:string 5:apiVersion:string 6:resourceVersion:string 7:fieldPath:string
core.v1.PersistentVolumeClaimSpec 1:accessModes:[string 4:selector:meta.v1.LabelSelector 2:resources:core.v1.VolumeResourceRequirements 3:volumeName:string 5:storageClassName:string 6:volumeMode:string 7:dataSource:core.v1.TypedLocalObjectReference 8:dataSourceRef:core.v1.TypedObjectReference 9:volumeAttributesClassName:string
core.v1.PersistentVolumeClaimTemplate 1:metadata:meta.v1.ObjectMeta 2:spec:core.v1.PersistentVolumeClaimSpec
core.v1.PersistentVolumeClaimVolumeSource 1:claimName:string 2:readOnly:bool
core.v1.PhotonPersistentDiskVolumeSource 1:pdID:string 2:fsType:string
core.v1.Pod 1:metadata:meta.v1.ObjectMeta 2:spec:core.v1.PodSpec 3:status:core.v1.PodStatus
core.v1.PodAffinity 1:requiredDuringSchedulingIgnoredDuringExecution:[core.v1.PodAffinityTerm 2:preferredDuringSchedulingIgnoredDuringExecution:[core.v1.WeightedPodAffinityTerm
core.v1.PodAffinityTerm 1:labelSelector:meta.v1.LabelSelector 2:namespaces:[string 3:topologyKey:string 4:namespaceSelector:meta.v1.LabelSelector 5:matchLabelKeys:[string 6:mismatchLabelKeys:[string
core.v1.PodAntiAffinity 1:requiredDuringSchedulingIgnoredDuringExecution:[core.v1.PodAffinityTerm 2:preferredDuringSchedulingIgnoredDuringExecution:[core.v1.WeightedPodAffinityTerm
core.v1.PodCondition 1:type:string 2:status:string 3:lastProbeTime:meta.v1.Time 4:lastTransitionTime:meta.v1.Time 5:reason:string 6:message:string
core.v1.PodDNSConfig 1:nameservers:[string 2:searches:[string 3:options:[core.v1.PodDNSConfigOption
core.v1.PodDNSConfigOption 1:name:string 2:value:string
core.v1.PodIP 1:ip:string
core.v1.PodOS 1:name:string
core.v1.PodReadinessGate 1:conditionType:string
core.v1.PodResourceClaim 1:name:string 3:resourceClaimName:string 4:resourceClaimTemplateName:string
core.v1.PodResourceClaimStatus 1:name:string 2:resourceClaimName:string
core.v1.PodSchedulingGate 1:name:string
core.v1.PodSecurityContext 1:seLinuxOptions:core.v1.SELinuxOptions 8:windowsOptions:core.v1.WindowsSecurityContextOptions 2:runAsUser:int64 6:runAsGroup:int64 3:runAsNonRoot:bool 4:supplementalGroups:[int64 12:supplementalGroupsPolicy:string 5:fsGroup:int64 7:sysctls:[core.v1.Sysctl 9:fsGroupChangePolicy:string 10:seccompProfile:core.v1.SeccompProfile 11:appArmorProfile:core.v1.AppArmorProfile 13:seLinuxChangePolicy:string
core.v1.PodSpec 1:volumes:[core.v1.Volume 20:initContainers:[core.v1.Container 2:containers:[core.v1.Container 34:ephemeralContainers:[core.v1.EphemeralContainer 3:restartPolicy:string 4:terminationGracePeriodSeconds:int64 5:activeDeadlineSeconds:int64 6:dnsPolicy:string 7:nodeSelector:{string 8:serviceAccountName:string 9:serviceAccount:string 21:automountServiceAccountToken:bool 10:nodeName:string 11:hostNetwork:bool 12:hostPID:bool 13:hostIPC:bool 27:shareProcessNamespace:bool 14:securityContext:core.v1.PodSecurityContext 15:imagePullSecrets:[core.v1.LocalObjectReference 16:hostname:string 17:subdomain:string 18:affinity:core.v1.Affinity 19:schedulerName:string 22:tolerations:[core.v1.Toleration 23:hostAliases:[core.v1.HostAlias 24:priorityClassName:string 25:priority:int32 26:dnsConfig:core.v1.PodDNSConfig 28:readinessGates:[core.v1.PodReadinessGate 29:runtimeClassName:string 30:enableServiceLinks:bool 31:preemptionPolicy:string 32:overhead:{resource.Quantity 33:topologySpreadConstraints:[core.v1.TopologySpreadConstraint 35:setHostnameAsFQDN:bool 36:os:core.v1.PodOS 37:hostUsers:bool 38:schedulingGates:[core.v1.PodSchedulingGate 39:resourceClaims:[core.v1.PodResourceClaim 40:resources:core.v1.ResourceRequirements
core.v1.PodStatus 1:phase:string 2:conditions:[core.v1.PodCondition 3:message:string 4:reason:string 11:nominatedNodeName:string 5:hostIP:string 16:hostIPs:[core.v1.HostIP 6:podIP:string 12:podIPs:[core.v1.PodIP 7:startTime:meta.v1.Time 10:initContainerStatuses:[core.v1.ContainerStatus 8:containerStatuses:[core.v1.ContainerStatus 9:qosClass:string 13:ephemeralContainerStatuses:[core.v1.ContainerStatus 14:resize:string 15:resourceClaimStatuses:[core.v1.PodResourceClaimStatus
core.v1.PodTemplateSpec 1:metadata:meta.v1.ObjectMeta 2:spec:core.v1.PodSpec
core.v1.PortworxVolumeSource 1:volumeID:string 2:fsType:string 3:readOnly:bool
core.v1.PreferredSchedulingTerm 1:weight:int32 2:preference:core.v1.NodeSelectorTerm
core.v1.Probe 1:handler:core.v1.ProbeHandler 2:initialDelaySeconds:int32 3:timeoutSeconds:int32 4:periodSeconds:int32 5:successThreshold:int32 6:failureThreshold:int32 7:terminationGracePeriodSeconds:int64
core.v1.ProbeHandler 1:exec:core.v1.ExecAction 2:httpGet:core.v1.HTTPGetAction 3:tcpSocket:core.v1.TCPSocketAction 4:grpc:core.v1.GRPCAction
core.v1.ProjectedVolumeSource 1:sources:[core.v1.VolumeProjection 2:defaultMode:int32
core.v1.QuobyteVolumeSource 1:registry:string 2:volume:string 3:readOnly:bool 4:user:string 5:group:string 6:tenant:string
core.v1.RBDVolumeSource 1:monitors:[string 2:image:string 3:fsType:string 4:pool:string 5:user:string 6:keyring:string 7:secretRef:core.v1.LocalObjectReference 8:readOnly:bool
core.v1.ResourceClaim 1:name:string 2:request:string
core.v1.ResourceFieldSelector 1:containerName:string 2:resource:string 3:divisor:resource.Quantity
core.v1.ResourceHealth 1:resourceID:string 2:health:string
core.v1.ResourceRequirements 1:limits:{resource.Quantity 2:requests:{resource.Quantity 3:claims:[core.v1.ResourceClaim
core.v1.ResourceStatus 1:name:string 2:resources:[core.v1.ResourceHealth
core.v1.SELinuxOptions 1:user:string 2:role:string 3:type:string 4:level:string
core.v1.ScaleIOVolumeSource 1:gateway:string 2:system:string 3:secretRef:core.v1.LocalObjectReference 4:sslEnabled:bool 5:protectionDomain:string 6:storagePool:string 7:storageMode:string 8:volumeName:string 9:fsType:string 10:readOnly:bool
core.v1.SeccompProfile 1:type:string 2:localhostProfile:string
core.v1.Secret 1:metadata:meta.v1.ObjectMeta 5:immutable:bool 2:data:{bytes 4:stringData:{string 3:type:string
core.v1.SecretEnvSource 1:localObjectReference:core.v1.LocalObjectReference 2:optional:bool
core.v1.SecretKeySelector 1:localObjectReference:core.v1.LocalObjectReference 2:key:string 3:optional:bool
core.v1.SecretProjection 1:localObjectReference:core.v1.LocalObjectReference 2:items:[core.v1.KeyToPath 4:optional:bool
core.v1.SecretVolumeSource 1:secretName:string 2:items:[core.v1.KeyToPath 3:defaultMode:int32 4:optional:bool
core.v1.SecurityContext 1:capabilities:core.v1.Capabilities 2:privileged:bool 3:seLinuxOptions:core.v1.SELinuxOptions 10:windowsOptions:core.v1.WindowsSecurityContextOptions 4:runAsUser:int64 8:runAsGroup:int64 5:runAsNonRoot:bool 6:readOnlyRootFilesystem:bool 7:allowPrivilegeEscalation:bool 9:procMount:string 11:seccompProfile:core.v1.SeccompProfile 12:appArmorProfile:core.v1.AppArmorProfile
core.v1.ServiceAccount 1:metadata:meta.v1.ObjectMeta 2:secrets:[core.v1.ObjectReference 3:imagePullSecrets:[core.v1.LocalObjectReference 4:automountServiceAccountToken:bool
core.v1.ServiceAccountTokenProjection 1:audience:string 2:expirationSeconds:int64 3:path:string
core.v1.SleepAction 1:seconds:int64
core.v1.StorageOSVolumeSource 1:volumeName:string 2:volumeNamespace:string 3:fsType:string 4:readOnly:bool 5:secretRef:core.v1.LocalObjectReference
core.v1.Sysctl 1:name:string 2:value:string
core.v1.TCPSocketAction 1:port:intstr.IntOrString 2:host:string
core.v1.Toleration 1:key:string 2:operator:string 3:value:string 4:effect:string 5:tolerationSeconds:int64
core.v1.TopologySpreadConstraint 1:maxSkew:int32 2:topologyKey:string 3:whenUnsatisfiable:string 4:labelSelector:meta.v1.LabelSelector 5:minDomains:int32 6:nodeAffinityPolicy:string 7:nodeTaintsPolicy:string 8:matchLabelKeys:[string
core.v1.TypedLocalObjectReference 1:apiGroup:string 2:kind:string 3:name:string
core.v1.TypedObjectReference 1:apiGroup:string 2:kind:string 3:name:string 4:namespace:string
core.v1.Volume 1:name:string 2:volumeSource:core.v1.VolumeSource
core.v1.VolumeDevice 1:name:string 2:devicePath:string
core.v1.VolumeMount 1:name:string 2:readOnly:bool 7:recursiveReadOnly:string 3:mountPath:string 4:subPath:string 5:mountPropagation:string 6:subPathExpr:string
core.v1.VolumeMountStatus 1:name:string 2:mountPath:string 3:readOnly:bool 4:recursiveReadOnly:string
core.v1.VolumeProjection 1:secret:core.v1.SecretProjection 2:downwardAPI:core.v1.DownwardAPIProjection 3:configMap:core.v1.ConfigMapProjection 4:serviceAccountToken:core.v1.ServiceAccountTokenProjection 5:clusterTrustBundle:core.v1.ClusterTrustBundleProjection
core.v1.VolumeResourceRequirements 1:limits:{resource.Quantity 2:requests:{resource.Quantity
core.v1.VolumeSource 1:hostPath:core.v1.HostPathVolumeSource 2:emptyDir:core.v1.EmptyDirVolumeSource 3:gcePersistentDisk:core.v1.GCEPersistentDiskVolumeSource 4:awsElasticBlockStore:core.v1.AWSElasticBlockStoreVolumeSource 5:gitRepo:core.v1.GitRepoVolumeSource 6:secret:core.v1.SecretVolumeSource 7:nfs:core.v1.NFSVolumeSource 8:iscsi:core.v1.ISCSIVolumeSource 9:glusterfs:core.v1.GlusterfsVolumeSource 10:persistentVolumeClaim:core.v1.PersistentVolumeClaimVolumeSource 11:rbd:core.v1.RBDVolumeSource 12:flexVolume:core.v1.FlexVolumeSource 13:cinder:core.v1.CinderVolumeSource 14:cephfs:core.v1.CephFSVolumeSource 15:flocker:core.v1.FlockerVolumeSource 16:downwardAPI:core.v1.DownwardAPIVolumeSource 17:fc:core.v1.FCVolumeSource 18:azureFile:core.v1.AzureFileVolumeSource 19:configMap:core.v1.ConfigMapVolumeSource 20:vsphereVolume:core.v1.VsphereVirtualDiskVolumeSource 21:quobyte:core.v1.QuobyteVolumeSource 22:azureDisk:core.v1.AzureDiskVolumeSource 23:photonPersistentDisk:core.v1.PhotonPersistentDiskVolumeSource 26:projected:core.v1.ProjectedVolumeSource 24:portworxVolume:core.v1.PortworxVolumeSource 25:scaleIO:core.v1.ScaleIOVolumeSource 27:storageos:core.v1.StorageOSVolumeSource 28:csi:core.v1.CSIVolumeSource 29:ephemeral:core.v1.EphemeralVolumeSource 30:image:core.v1.ImageVolumeSource
core.v1.VsphereVirtualDiskVolumeSource 1:volumePath:string 2:fsType:string 3:storagePolicyName:string 4:storagePolicyID:string
core.v1.WeightedPodAffinityTerm 1:weight:int32 2:podAffinityTerm:core.v1.PodAffinityTerm
core.v1.WindowsSecurityContextOptions 1:gmsaCredentialSpecName:string 2:gmsaCredentialSpec:string 3:runAsUserName:string 4:hostProcess:bool
intstr.IntOrString 1:type:int64 2:intVal:int32 3:strVal:string
meta.v1.DeleteOptions 1:gracePeriodSeconds:int64 2:preconditions:meta.v1.Preconditions 3:orphanDependents:bool 4:propagationPolicy:string 5:dryRun:[string 6:ignoreStoreReadErrorWithClusterBreakingPotential:bool
meta.v1.FieldSelectorRequirement 1:key:string 2:operator:string 3:values:[string
meta.v1.FieldsV1 1:Raw:bytes
meta.v1.LabelSelector 1:matchLabels:{string 2:matchExpressions:[meta.v1.LabelSelectorRequirement
meta.v1.LabelSelectorRequirement 1:key:string 2:operator:string 3:values:[string
meta.v1.ManagedFieldsEntry 1:manager:string 2:operation:string 3:apiVersion:string 4:time:meta.v1.Time 6:fieldsType:string 7:fieldsV1:meta.v1.FieldsV1 8:subresource:string
meta.v1.MicroTime 1:seconds:int64 2:nanos:int32
meta.v1.ObjectMeta 1:name:string 2:generateName:string 3:namespace:string 4:selfLink:string 5:uid:string 6:resourceVersion:string 7:generation:int64 8:creationTimestamp:meta.v1.Time 9:deletionTimestamp:meta.v1.Time 10:deletionGracePeriodSeconds:int64 11:labels:{string 12:annotations:{string 13:ownerReferences:[meta.v1.OwnerReference 14:finalizers:[string 17:managedFields:[meta.v1.ManagedFieldsEntry
meta.v1.OwnerReference 5:apiVersion:string 1:kind:string 3:name:string 4:uid:string 6:controller:bool 7:blockOwnerDeletion:bool
meta.v1.Preconditions 1:uid:string 2:resourceVersion:string
meta.v1.Time 1:seconds:int64 2:nanos:int32
rbac.v1.AggregationRule 1:clusterRoleSelectors:[meta.v1.LabelSelector
rbac.v1.ClusterRole 1:metadata:meta.v1.ObjectMeta 2:rules:[rbac.v1.PolicyRule 3:aggregationRule:rbac.v1.AggregationRule
rbac.v1.ClusterRoleBinding 1:metadata:meta.v1.ObjectMeta 2:subjects:[rbac.v1.Subject 3:roleRef:rbac.v1.RoleRef
rbac.v1.PolicyRule 1:verbs:[string 2:apiGroups:[string 3:resources:[string 4:resourceNames:[string 5:nonResourceURLs:[string
rbac.v1.Role 1:metadata:meta.v1.ObjectMeta 2:rules:[rbac.v1.PolicyRule
rbac.v1.RoleBinding 1:metadata:meta.v1.ObjectMeta 2:subjects:[rbac.v1.Subject 3:roleRef:rbac.v1.RoleRef
rbac.v1.RoleRef 1:apiGroup:string 2:kind:string 3:name:string
rbac.v1.Subject 1:kind:string 2:apiGroup:string 3:name:string 4:namespace:string
resource.Quantity 1:string:string
`
