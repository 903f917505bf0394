export { openKeyFile } from './key-file.ts'
export { createKey, createKeyring, type Keyring } from './keyring.ts'
