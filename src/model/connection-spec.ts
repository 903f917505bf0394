// Connections: as whom an API destination calls. The spec shows what is no secret; everything together, secrets
// too, is in `sealed`, which is absent while the connection is deauthorized.

import type { FaultList, Fields } from './fault-list.ts'
import { checkHttpParameters, type HttpParameters, openPartOf } from './http-parameters.ts'
import type { Scope } from './kinds.ts'

export type Authorization =
  | { readonly kind: 'basic'; readonly username: string; readonly password?: string }
  | { readonly kind: 'api-key'; readonly name: string; readonly value?: string }
  | {
      readonly kind: 'oauth'
      readonly clientId: string
      readonly clientSecret?: string
      readonly endpoint: string
      readonly method: 'GET' | 'POST' | 'PUT'
      readonly parameters?: HttpParameters
    }

/** What is sealed: the authorization and the parameters, secrets and all. */
export interface ConnectionSecrets {
  readonly authorization: Authorization
  readonly parameters?: HttpParameters
}

export interface ConnectionSpec extends Scope {
  readonly name: string
  readonly description?: string
  readonly kmsKeyIdentifier?: string
  readonly authorization: Authorization
  /** Added to every request. */
  readonly parameters?: HttpParameters
  readonly sealed?: string
  /** ARN of a resource configuration that private endpoints are reached by, kept as given. */
  readonly connectivityArn?: string
}

/** How asking for a token ended, for the spec of a generation. */
export interface ConnectionStatus {
  readonly generation: number
  readonly state: 'AUTHORIZED' | 'DEAUTHORIZED'
  readonly reason?: string
  /** Whole seconds since the epoch. */
  readonly authorizedAt?: number
}

export interface ApiDestinationSpec extends Scope {
  readonly name: string
  readonly description?: string
  readonly connectionArn: string
  /** A URL; each `*` of its path stands for a value that the target gives. */
  readonly endpoint: string
  readonly method: 'POST' | 'GET' | 'HEAD' | 'OPTIONS' | 'PUT' | 'PATCH' | 'DELETE'
  /** 300 when absent. */
  readonly ratePerSecondMax?: number
}

const NAME = { lengthMax: 64, pattern: /^[.\-_A-Za-z0-9]+$/ }
const DESCRIPTION = { lengthMin: 0, lengthMax: 512, isOptional: true }
const METHODS = ['POST', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']
const SECRET_FIELDS = ['password', 'value', 'clientSecret']

export function checkConnection(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], NAME)
  faults.text('spec.description', spec['description'], DESCRIPTION)
  const path = 'spec.authorization'
  const authorization = faults.fields(path, spec['authorization'])
  if (authorization !== undefined) checkAuthorization(faults, path, authorization)
  checkHttpParameters(faults, 'spec.parameters', spec['parameters'])
  if (spec['sealed'] !== undefined && typeof spec['sealed'] !== 'string')
    faults.add('spec.sealed', 'sealed text', '[masked]')
}

function checkAuthorization(faults: FaultList, path: string, fields: Fields): void {
  faults.oneOf(`${path}.kind`, fields['kind'], ['basic', 'api-key', 'oauth'])
  for (const name of SECRET_FIELDS) {
    // Never shown, wherever it came from.
    if (fields[name] !== undefined)
      faults.add(`${path}.${name}`, 'no secret in the open', '[masked]')
  }
  checkHttpParameters(faults, `${path}.parameters`, fields['parameters'])
}

export function checkApiDestination(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], NAME)
  faults.text('spec.description', spec['description'], DESCRIPTION)
  faults.text('spec.connectionArn', spec['connectionArn'], { lengthMax: 1600, pattern: /^arn:/ })
  faults.text('spec.endpoint', spec['endpoint'], { lengthMax: 2048, pattern: /^https?:\/\//i })
  faults.oneOf('spec.method', spec['method'], METHODS)
  const rate = { min: 1, max: Number.MAX_SAFE_INTEGER, isOptional: true }
  faults.integer('spec.ratePerSecondMax', spec['ratePerSecondMax'], rate)
}

/** What of a connection may be stored and shown in the open. */
export function openPartOfSecrets({
  authorization,
  parameters,
}: ConnectionSecrets): Pick<ConnectionSpec, 'authorization' | 'parameters'> {
  return {
    authorization: withoutSecrets(authorization),
    ...(parameters === undefined ? {} : { parameters: openPartOf(parameters) }),
  }
}

function withoutSecrets(authorization: Authorization): Authorization {
  switch (authorization.kind) {
    case 'basic': {
      const { kind, username } = authorization
      return { kind, username }
    }
    case 'api-key': {
      const { kind, name } = authorization
      return { kind, name }
    }
    case 'oauth': {
      const { kind, clientId, endpoint, method, parameters } = authorization
      const open = parameters === undefined ? {} : { parameters: openPartOf(parameters) }
      return { kind, clientId, endpoint, method, ...open }
    }
  }
}
