// An operator with one account and its users, as `nsc` makes them: what a server trusts, and the `.creds` of a user.
// https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt

import { createHash } from 'node:crypto'
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys'

export interface NatsAccounts {
  /** Lines of a server's configuration. */
  readonly configuration: string
  /** The text of a `.creds` file of a new user. */
  createCredentials(): string
}

export function createNatsAccounts(): NatsAccounts {
  const operator = createOperator()
  const account = createAccount()
  const operatorToken = sign(operator, { subject: operator, type: 'operator', claims: {} })
  const limits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1 }
  const accountToken = sign(operator, { subject: account, type: 'account', claims: { limits } })
  // JetStream does not start without one.
  const system = createAccount()
  const systemToken = sign(operator, { subject: system, type: 'account', claims: { limits } })
  return {
    configuration: [
      `operator: ${operatorToken}`,
      'resolver: MEMORY',
      `system_account: ${system.getPublicKey()}`,
      'resolver_preload: {',
      `  ${account.getPublicKey()}: ${accountToken}`,
      `  ${system.getPublicKey()}: ${systemToken}`,
      '}',
    ].join('\n'),
    createCredentials() {
      const user = createUser()
      const claims = { pub: {}, sub: {}, subs: -1, data: -1, payload: -1 }
      const token = sign(account, { subject: user, type: 'user', claims })
      const seed = Buffer.from(user.getSeed()).toString()
      return [
        '-----BEGIN NATS USER JWT-----',
        token,
        '------END NATS USER JWT------',
        '',
        '-----BEGIN USER NKEY SEED-----',
        seed,
        '------END USER NKEY SEED------',
        '',
      ].join('\n')
    },
  }
}

interface Claims {
  readonly subject: KeyPair
  readonly type: 'operator' | 'account' | 'user'
  readonly claims: object
}

function sign(issuer: KeyPair, { subject, type, claims }: Claims): string {
  const body = {
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    name: type,
    sub: subject.getPublicKey(),
    nats: { ...claims, type, version: 2 },
  }
  const jti = createHash('sha256').update(JSON.stringify(body)).digest('hex')
  const head = encode({ typ: 'JWT', alg: 'ed25519-nkey' })
  const text = `${head}.${encode({ jti, ...body })}`
  const signature = issuer.sign(Buffer.from(text))
  return `${text}.${Buffer.from(signature).toString('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
