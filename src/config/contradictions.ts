// Settings that are right one by one and wrong together.

import type { Config } from './config.ts'
import { isLoopback } from './loopback.ts'

export function findContradictions(config: Config): readonly string[] {
  return [
    ...listening(config),
    ...securely(config),
    ...certified(config),
    ...authentication(config),
    ...natsListening(config),
    ...compatibility(config),
    ...clustered(config),
    ...orders(config),
  ]
}

function listening({ mode, host, insecureListen }: Config): readonly string[] {
  if (isLoopback(host)) return []
  if (mode === 'dev') {
    return [
      `\`dev\` accepts any credentials and so listens on loopback only, got \`host\` \`${host}\`; run \`signalbox start\` to be reached from elsewhere`,
    ]
  }
  if (insecureListen) return []
  return [
    `\`host\` \`${host}\` is reached from elsewhere and there is no TLS; set \`insecureListen\` (\`--insecure-listen\`) where a proxy in front does it, or listen on \`127.0.0.1\``,
  ]
}

function certified({ https }: Config): readonly string[] {
  const { certificateFile, keyFile } = https
  if ((certificateFile === undefined) === (keyFile === undefined)) return []
  return ['`https.certificateFile` and `https.keyFile` belong together; set both or none']
}

function securely({ mode, https }: Config): readonly string[] {
  if (mode === 'start' || isLoopback(https.host)) return []
  return [
    `\`dev\` lets anyone in and so listens on loopback only, got \`https.host\` \`${https.host}\`; run \`signalbox start\` to be reached from elsewhere`,
  ]
}

function authentication({ mode, accessKeysFile }: Config): readonly string[] {
  if (mode === 'dev' || accessKeysFile !== undefined) return []
  return [
    '`start` verifies signatures and has no access keys; set `accessKeysFile` (`--access-keys-file`), or run `signalbox dev`',
  ]
}

function natsListening({ mode, nats }: Config): readonly string[] {
  if (mode === 'dev' || nats.listen !== 'on' || nats.token !== undefined) return []
  return [
    '`nats.listen` is `on` under `start`, where clients must say who they are; set `nats.token`',
  ]
}

function compatibility({ compat }: Config): readonly string[] {
  if (!compat.strict || !compat.crossBusReplay) return []
  return [
    '`compat.strict` refuses what AWS refuses, and `compat.crossBusReplay` allows some of it; set one of them',
  ]
}

function clustered({ kubernetes = {} }: Config): readonly string[] {
  const { kubeconfig, context } = kubernetes
  if (context === undefined || kubeconfig !== undefined) return []
  return [
    `\`kubernetes.context\` is \`${context}\`, and there is no kubeconfig to find it in; set \`kubernetes.kubeconfig\` (\`--kubeconfig\`)`,
  ]
}

function orders({ delivery, breaker, limits }: Config): readonly string[] {
  return [
    ...atMost(
      'delivery.delayMsMin',
      delivery.delayMsMin,
      'delivery.delayMsMax',
      delivery.delayMsMax,
    ),
    ...atMost('breaker.openMsMin', breaker.openMsMin, 'breaker.openMsMax', breaker.openMsMax),
    ...atMost(
      'limits.entrySizeBytesMax',
      limits.entrySizeBytesMax,
      'limits.requestSizeBytesMax',
      limits.requestSizeBytesMax,
    ),
    ...atMost(
      'limits.requestSizeBytesMax',
      limits.requestSizeBytesMax,
      'limits.backlogSizeBytesMax',
      limits.backlogSizeBytesMax,
    ),
  ]
}

// Two key and value pairs read better in a row than as an object at four call sites.
function atMost(key: string, value: number, boundKey: string, bound: number): readonly string[] {
  if (value <= bound) return []
  return [`expected \`${key}\` to be at most \`${boundKey}\` (${bound}), got \`${value}\``]
}
