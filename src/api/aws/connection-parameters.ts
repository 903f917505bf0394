// A connection's parameters in AWS's form. What was stored as a secret has no value to show.

import type { ConnectionChange, ConnectionView } from '../../control/index.ts'
import type { Authorization, HttpParameter, HttpParameters } from '../../model/index.ts'

interface AwsParameter {
  readonly Key: string
  readonly Value?: string
  readonly IsValueSecret?: boolean
}

interface AwsHttpParameters {
  readonly HeaderParameters?: readonly AwsParameter[]
  readonly QueryStringParameters?: readonly AwsParameter[]
  readonly BodyParameters?: readonly AwsParameter[]
}

export interface ResourceParameters {
  readonly ResourceParameters: { readonly ResourceConfigurationArn: string }
}

export interface AuthParameters {
  readonly BasicAuthParameters?: { readonly Username?: string; readonly Password?: string }
  readonly ApiKeyAuthParameters?: { readonly ApiKeyName?: string; readonly ApiKeyValue?: string }
  readonly OAuthParameters?: {
    readonly ClientParameters?: { readonly ClientID?: string; readonly ClientSecret?: string }
    readonly AuthorizationEndpoint?: string
    readonly HttpMethod?: 'GET' | 'POST' | 'PUT'
    readonly OAuthHttpParameters?: AwsHttpParameters
  }
  readonly InvocationHttpParameters?: AwsHttpParameters
  readonly ConnectivityParameters?: ResourceParameters
}

export type AuthorizationType = 'BASIC' | 'API_KEY' | 'OAUTH_CLIENT_CREDENTIALS'

const KINDS = {
  BASIC: 'basic',
  API_KEY: 'api-key',
  OAUTH_CLIENT_CREDENTIALS: 'oauth',
} as const

const TYPES: Readonly<Record<Authorization['kind'], AuthorizationType>> = {
  basic: 'BASIC',
  'api-key': 'API_KEY',
  oauth: 'OAUTH_CLIENT_CREDENTIALS',
}

export function authorizationType({ spec }: ConnectionView): AuthorizationType {
  return TYPES[spec.authorization.kind]
}

export function decodeAuthorization(
  type: AuthorizationType | undefined,
  parameters: AuthParameters | undefined,
): Pick<ConnectionChange, 'kind' | 'basic' | 'apiKey' | 'oauth' | 'parameters'> {
  const basic = parameters?.BasicAuthParameters
  const apiKey = parameters?.ApiKeyAuthParameters
  const oauth = parameters?.OAuthParameters
  return {
    kind: type === undefined ? undefined : KINDS[type],
    basic: basic && { username: basic.Username, password: basic.Password },
    apiKey: apiKey && { name: apiKey.ApiKeyName, value: apiKey.ApiKeyValue },
    oauth: oauth && {
      clientId: oauth.ClientParameters?.ClientID,
      clientSecret: oauth.ClientParameters?.ClientSecret,
      endpoint: oauth.AuthorizationEndpoint,
      method: oauth.HttpMethod,
      parameters: decodeHttp(oauth.OAuthHttpParameters),
    },
    parameters: decodeHttp(parameters?.InvocationHttpParameters),
  }
}

export function encodeAuthorization({ spec }: ConnectionView): object {
  return {
    ...encodeKind(spec.authorization),
    InvocationHttpParameters: encodeHttp(spec.parameters),
  }
}

function encodeKind(authorization: Authorization): object {
  switch (authorization.kind) {
    case 'basic':
      return { BasicAuthParameters: { Username: authorization.username } }
    case 'api-key':
      return { ApiKeyAuthParameters: { ApiKeyName: authorization.name } }
    case 'oauth':
      return {
        OAuthParameters: {
          ClientParameters: { ClientID: authorization.clientId },
          AuthorizationEndpoint: authorization.endpoint,
          HttpMethod: authorization.method,
          OAuthHttpParameters: encodeHttp(authorization.parameters),
        },
      }
  }
}

function decodeHttp(parameters: AwsHttpParameters | undefined): HttpParameters | undefined {
  if (parameters === undefined) return undefined
  const { HeaderParameters, QueryStringParameters, BodyParameters } = parameters
  return {
    ...(HeaderParameters === undefined ? {} : { headers: HeaderParameters.map(decodeOne) }),
    ...(QueryStringParameters === undefined ? {} : { query: QueryStringParameters.map(decodeOne) }),
    ...(BodyParameters === undefined ? {} : { body: BodyParameters.map(decodeOne) }),
  }
}

function decodeOne({
  Key: key,
  Value: value,
  IsValueSecret: isSecret,
}: AwsParameter): HttpParameter {
  return {
    key,
    ...(value === undefined ? {} : { value }),
    ...(isSecret === undefined ? {} : { isSecret }),
  }
}

function encodeHttp(parameters: HttpParameters | undefined): object | undefined {
  if (parameters === undefined) return undefined
  return {
    HeaderParameters: parameters.headers?.map(encodeOne),
    QueryStringParameters: parameters.query?.map(encodeOne),
    BodyParameters: parameters.body?.map(encodeOne),
  }
}

function encodeOne({ key, value, isSecret }: HttpParameter): object {
  return { Key: key, Value: value, IsValueSecret: isSecret ?? false }
}
