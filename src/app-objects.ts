// The Kubernetes objects of this process, and who may do what with them.

import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import type { AppOptions, Closers } from './app-options.ts'
import type { ArchiveRoom } from './app-archives.ts'
import type { State } from './app-state.ts'
import { type Access, ACCESS_TYPES, openAccess } from './access/index.ts'
import type { Random } from './base/index.ts'
import { type Keyring, openSealedFile, openSecretFile } from './keyring/index.ts'
import { ownKinds } from './kinds/index.ts'
import { patternFault } from './match/index.ts'
import { DEFAULT_ACCOUNT } from './model/index.ts'
import { type KubeObjects, openMachinery } from './objects/index.ts'
import { sealAll, sealRows } from './store/index.ts'
import { createWorkflowStrategy } from './workflow/index.ts'

export interface KubeRooms {
  readonly objects: KubeObjects
  readonly access: Access
}

export interface KubeRoomParts {
  readonly state: Pick<State, 'store' | 'outgoing' | 'control' | 'brokers'>
  readonly archives: Pick<ArchiveRoom, 'archiveUses'>
}

/** Kinds of rows of which nobody reads the values from the disk. */
const SEALED_KINDS: ReadonlySet<string> = new Set(['secrets'])
const DEFAULT_SCOPE = { account: DEFAULT_ACCOUNT, region: 'us-east-1' }
const ADMIN_TOKEN_FILE = 'admin.token'
const SIGNING_KEY_FILE = 'service-account.key'

export async function openKubeRooms(
  options: AppOptions,
  { state: { store, outgoing, control, brokers }, archives }: KubeRoomParts,
  closers: Closers,
): Promise<KubeRooms> {
  const { config, clock, random, logger } = options
  const sealing = { kinds: SEALED_KINDS, sealer: outgoing.connections.keyring }
  await sealAll(store.rows, sealing)
  const machinery = await openMachinery({
    rows: sealRows(store.rows, sealing),
    clock,
    random,
    logger: logger.child({ room: 'objects' }),
    types: [
      ...ACCESS_TYPES,
      ...ownKinds({
        declared: control.declared,
        archives: archives.archiveUses,
        connectors: brokers.uses,
      }),
    ],
    strategyOf: createWorkflowStrategy({ checkPattern: patternFault }),
  })
  closers.add(() => machinery.close())
  await control.declared.showDefaultBus(DEFAULT_SCOPE)
  const { objects } = machinery
  const access = await openAccess({
    objects,
    clock,
    random,
    logger: logger.child({ room: 'access' }),
    adminToken: openSecretFile(join(config.dataDir, ADMIN_TOKEN_FILE), () => createToken(random)),
    signingKey: openSigningKey(config.dataDir, outgoing.connections.keyring),
  })
  closers.add(() => access.close())
  return { objects, access }
}

/** 256 bits that nobody guesses. */
function createToken(random: Random): string {
  return `sbx-${Buffer.from(random.bytes(32)).toString('base64url')}`
}

/** PEM. */
function openSigningKey(dataDir: string, keyring: Keyring): string {
  const purpose = 'tokens of service accounts'
  return openSealedFile(join(dataDir, SIGNING_KEY_FILE), { keyring, purpose }, () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  })
}
