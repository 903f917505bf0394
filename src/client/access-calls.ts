// The calls of our own API that are about tokens and certificates.

import type { Transport } from './transport.ts'

export interface TokenView {
  readonly name: string
  readonly user: string
  readonly groups: readonly string[]
  /** RFC 3339. */
  readonly createdAt: string
  readonly expiresAt?: string
}

export interface TokenWish {
  readonly name: string
  readonly user?: string
  readonly groups: readonly string[]
  readonly days?: number
}

export interface CertificateWish {
  readonly user: string
  readonly groups: readonly string[]
  readonly days?: number
}

/** Both PEM. */
export interface CertificateView {
  readonly certificate: string
  readonly key: string
}

export interface AccessCalls {
  tokens(signal: AbortSignal): Promise<readonly TokenView[]>
  /** The token itself, which nobody can show again. */
  createToken(wish: TokenWish, signal: AbortSignal): Promise<string>
  rotateToken(name: string, signal: AbortSignal): Promise<string>
  revokeToken(name: string, signal: AbortSignal): Promise<void>
  createCertificate(wish: CertificateWish, signal: AbortSignal): Promise<CertificateView>
}

export function createAccessCalls(transport: Transport, prefix: string): AccessCalls {
  const post = (path: string, body: object, signal: AbortSignal): Promise<unknown> =>
    transport.json({
      method: 'POST',
      path: prefix + path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    })
  return {
    async tokens(signal) {
      const path = `${prefix}/access/tokens`
      const answer = await transport.json({ method: 'GET', path, signal })
      return (answer as { readonly items: readonly TokenView[] }).items
    },
    createToken: async (wish, signal) => tokenIn(await post('/access/tokens/create', wish, signal)),
    rotateToken: async (name, signal) => tokenIn(await post(named('rotate', name), {}, signal)),
    async revokeToken(name, signal) {
      await post(named('revoke', name), {}, signal)
    },
    createCertificate: async (wish, signal) =>
      (await post('/access/certificates/create', wish, signal)) as CertificateView,
  }
}

function named(verb: string, name: string): string {
  return `/access/tokens/${verb}?name=${encodeURIComponent(name)}`
}

function tokenIn(answer: unknown): string {
  return (answer as { readonly token: string }).token
}
