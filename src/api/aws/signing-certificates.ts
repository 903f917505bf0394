// The certificates with which receivers verify what topics told them, at paths of the form that SNS has.

import type { HttpRequest, HttpResponse } from '../http/exchange.ts'

export interface SigningCertificates {
  /** PEM; undefined where there is none of this id. */
  find(id: string): string | undefined
}

const PATH = /^\/SimpleNotificationService-([0-9a-f]{32})\.pem$/

export function signingCertificatePath(id: string): string {
  return `/SimpleNotificationService-${id}.pem`
}

export function asksForCertificate({ method, path }: HttpRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && PATH.test(path)
}

export function answerCertificate(
  certificates: SigningCertificates,
  { path, requestId }: HttpRequest,
): HttpResponse {
  const certificate = certificates.find(PATH.exec(path)?.[1] ?? '')
  const headers = { 'x-amzn-RequestId': requestId }
  const operation = 'GetSigningCertificate'
  if (certificate === undefined) {
    const body = `no certificate has been signed with at ${path}\n`
    return { status: 404, headers: { ...headers, 'Content-Type': 'text/plain' }, body, operation }
  }
  const type = { 'Content-Type': 'application/x-pem-file', 'Cache-Control': 'max-age=86400' }
  return { status: 200, headers: { ...headers, ...type }, body: certificate, operation }
}
