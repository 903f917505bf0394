// What goes out and as whom: the guard of every outgoing address, the keys that secrets are sealed with, and the
// tokens of OAuth connections.

import { join } from 'node:path'
import type { AppOptions, Closers } from './app-options.ts'
import { createGuard, type Guard, OAuthTokens } from './connect/index.ts'
import type { ConnectionParts } from './control/index.ts'
import { createKeyring, openKeyFile } from './keyring/index.ts'

const KEY_FILE = 'secret.key'

export interface Outgoing {
  readonly guard: Guard
  readonly connections: ConnectionParts & { readonly tokens: OAuthTokens }
}

export function openOutgoing(options: AppOptions, closers: Closers): Outgoing {
  const { config, clock, random, logger } = options
  const listeners = [config, config.https]
  const own = listeners.flatMap(({ host, port }) => (port === 0 ? [] : [{ address: host, port }]))
  const guard = createGuard({
    mode: config.mode === 'dev' ? 'dev' : 'strict',
    allow: config.targets.allow,
    own,
    clock,
  })
  const keys = openKeyFile(config.secretKeyFile ?? join(config.dataDir, KEY_FILE), random)
  const tokens = new OAuthTokens({ guard, clock })
  closers.add(() => tokens.close())
  return {
    guard,
    connections: {
      keyring: createKeyring(keys, random),
      tokens,
      checkUrl: (text) => guard.checkUrl(text),
      clock,
      random,
      logger: logger.child({ room: 'control' }),
    },
  }
}
