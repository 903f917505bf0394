// A certificate authority for one test run, a server certificate for loopback and one for a client, by openssl.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificates {
  readonly caFile: string
  /** Key and certificate in one file. */
  readonly serverFile: string
  readonly serverKeyFile: string
  readonly serverCertFile: string
  readonly clientKeyFile: string
  readonly clientCertFile: string
}

const DAYS = 2

export function createCertificates(folder: string): Certificates {
  const at = (name: string): string => join(folder, name)
  openssl(`req -x509 -newkey rsa:2048 -nodes -days ${DAYS} -subj /CN=authority`, {
    '-keyout': at('ca.key'),
    '-out': at('ca.pem'),
  })
  issue(folder, 'server', 'subjectAltName=DNS:localhost,IP:127.0.0.1')
  issue(folder, 'client', 'extendedKeyUsage=clientAuth')
  writeFileSync(
    at('server-all.pem'),
    readFileSync(at('server.key'), 'utf8') + readFileSync(at('server.pem'), 'utf8'),
  )
  return {
    caFile: at('ca.pem'),
    serverFile: at('server-all.pem'),
    serverKeyFile: at('server.key'),
    serverCertFile: at('server.pem'),
    clientKeyFile: at('client.key'),
    clientCertFile: at('client.pem'),
  }
}

function issue(folder: string, name: string, extension: string): void {
  const at = (file: string): string => join(folder, file)
  writeFileSync(at(`${name}.ext`), `${extension}\n`)
  openssl(`req -newkey rsa:2048 -nodes -subj /CN=${name}`, {
    '-keyout': at(`${name}.key`),
    '-out': at(`${name}.csr`),
  })
  openssl(`x509 -req -days ${DAYS} -CAcreateserial`, {
    '-in': at(`${name}.csr`),
    '-CA': at('ca.pem'),
    '-CAkey': at('ca.key'),
    '-extfile': at(`${name}.ext`),
    '-out': at(`${name}.pem`),
  })
}

function openssl(command: string, files: Readonly<Record<string, string>>): void {
  const args = [...command.split(' '), ...Object.entries(files).flat()]
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
