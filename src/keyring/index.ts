export { openKeyFile } from './key-file.ts'
export { openSealedFile, openSecretFile } from './secret-file.ts'
export { createKey, createKeyring, type Keyring } from './keyring.ts'
