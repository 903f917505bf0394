import assert from 'node:assert/strict'
import { createECDH, createHash, createPrivateKey, sign as signBytes } from 'node:crypto'
import { test } from 'node:test'
import { assert as assertProperty, asyncProperty, constantFrom, integer, nat } from 'fast-check'
import { isAppError } from '../../base/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import { requestOf } from '../http/testing.ts'
import { canonicalRequest } from './canonical-request.ts'
import { acceptAnyCredentials, parseCredential } from './credentials.ts'
import { verifySignatures } from './sigv4.ts'
import { derivePrivateKey } from './sigv4a.ts'
import { type SigningOptions, signRequest, signatureOf } from './sigv4-signer.ts'

const ACCESS_KEY = 'AKIDEXAMPLE'
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const NOW = Date.UTC(2015, 7, 30, 12, 36, 0)

const verify = verifySignatures({
  lookupSecret: (id) =>
    id === ACCESS_KEY ? { secretAccessKey: SECRET, account: '123456789012' } : undefined,
  clock: { now: () => NOW },
})

const OPTIONS: SigningOptions = {
  accessKeyId: ACCESS_KEY,
  secretAccessKey: SECRET,
  region: 'us-east-1',
  service: 'events',
  date: '20150830T123600Z',
}

function withHeaders(parts: Partial<HttpRequest>, headers: readonly string[]): HttpRequest {
  const byName: Record<string, string> = {}
  for (let at = 0; at + 1 < headers.length; at += 2)
    byName[headers[at]!.toLowerCase()] = headers[at + 1]!
  return requestOf({ ...parts, headers: byName, rawHeaders: headers })
}

function signed(
  parts: Partial<HttpRequest> = {},
  options: Partial<SigningOptions> = {},
): HttpRequest {
  const base = {
    method: 'POST',
    target: '/',
    body: Buffer.from('{"Name":"a"}'),
    ...parts,
  }
  const rawHeaders = parts.rawHeaders ?? [
    'Host',
    'localhost:4566',
    'X-Amz-Date',
    '20150830T123600Z',
    'X-Amz-Target',
    'AWSEvents.DescribeRule',
    'Content-Type',
    'application/x-amz-json-1.1',
  ]
  const request = withHeaders(base, rawHeaders)
  const authorization = signRequest(request, { ...OPTIONS, ...options })
  return withHeaders(base, [...rawHeaders, 'Authorization', authorization])
}

async function codeOf(request: HttpRequest, service = 'events'): Promise<unknown> {
  try {
    await verify(request, service)
    return 'accepted'
  } catch (error) {
    assert.ok(isAppError(error, 'SIGNATURE_INVALID'), String(error))
    return error.details['awsCode']
  }
}

test('the worked example that AWS publishes is accepted', async () => {
  // "get-vanilla" of the SigV4 test suite (aws-sig-v4-test-suite).
  const request = withHeaders({ method: 'GET', target: '/' }, [
    'Host',
    'example.amazonaws.com',
    'X-Amz-Date',
    '20150830T123600Z',
    'Authorization',
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ])
  assert.deepEqual(await verify(request, 'service'), {
    accessKeyId: ACCESS_KEY,
    account: '123456789012',
    region: 'us-east-1',
  })
})

test('canonical forms are those of the published suite', () => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  const cases: readonly (readonly [string, string, string])[] = [
    ['/?Param2=value2&Param1=value1', '/', 'Param1=value1&Param2=value2'],
    ['/?Param1=value2&Param1=Value1', '/', 'Param1=Value1&Param1=value2'],
    ['/?a', '/', 'a='],
    ['/?a=%7E&b=%2b', '/', 'a=~&b=%2B'],
    ['/%20/foo', '/%2520/foo', ''],
    ['/example space/', '/example%20space/', ''],
    ['/./example/', '/example/', ''],
    ['/example/..', '/', ''],
    ['/example1/example2/../..', '/', ''],
    ['//', '/', ''],
    ['//example//', '/example/', ''],
    ['/-._~0123456789abc', '/-._~0123456789abc', ''],
    [Buffer.from('/ሴ').toString('latin1'), '/%E1%88%B4', ''],
    [`/?${Buffer.from('ሴ').toString('latin1')}=bar`, '/', '%E1%88%B4=bar'],
  ]
  for (const [target, path, query] of cases) {
    const request = requestOf({ method: 'GET', target, rawHeaders: ['Host', 'h'] })
    const text = canonicalRequest({ request, signedHeaders: ['host'], payloadHash: empty })
    assert.equal(text, `GET\n${path}\n${query}\nhost:h\n\nhost\n${empty}`, target)
  }
})

test('headers are trimmed, blanks inside folded to one, repeated ones joined in order', () => {
  const rawHeaders = ['Host', 'h', 'My-Header1', '  a   b  c ', 'my-header1', 'value2']
  const request = requestOf({ method: 'GET', rawHeaders })
  const text = canonicalRequest({ request, signedHeaders: ['host', 'my-header1'], payloadHash: '' })
  assert.match(text, /\nmy-header1:a b c,value2\n/)
})

test('a signed request is accepted, and its account is the key holder’s', async () => {
  assert.equal(await codeOf(signed()), 'accepted')
  assert.equal((await verify(signed(), 'events')).account, '123456789012')
})

test('any change of a signed byte is refused', async () => {
  const request = signed({ target: '/a/b?c=d&e=f' })
  assert.equal(await codeOf(request), 'accepted')
  await assertProperty(
    asyncProperty(
      constantFrom('body', 'header', 'path', 'query', 'method', 'signature'),
      nat(),
      integer({ min: 1, max: 25 }),
      async (part, position, shift) => {
        assert.notEqual(await codeOf(mutate(request, part, position, shift)), 'accepted')
      },
    ),
    { numRuns: 2000 },
  )
})

/** The request with one letter of one part turned into another letter. */
function mutate(request: HttpRequest, part: string, position: number, shift: number): HttpRequest {
  function turn(text: string): string {
    const at = position % text.length
    const before = text.charCodeAt(at)
    const letters = 'abcdefghijklmnopqrstuvwxyz'
    const after = letters[(before + shift) % 26]!
    const other = after === text[at] ? letters[(before + shift + 1) % 26]! : after
    return text.slice(0, at) + other + text.slice(at + 1)
  }
  const rawHeaders = [...request.rawHeaders]
  if (part === 'body') return { ...request, body: Buffer.from(turn(request.body.toString())) }
  if (part === 'path') return { ...request, path: `/${turn(request.path.slice(1))}` }
  if (part === 'query') return { ...request, query: turn(request.query) }
  if (part === 'method') return { ...request, method: turn(request.method) }
  const isSignature = part === 'signature'
  const at = isSignature ? rawHeaders.length - 1 : (position % 4) * 2 + 1
  rawHeaders[at] = turn(rawHeaders[at]!)
  const target = isSignature ? { authorization: rawHeaders[at] } : {}
  return { ...request, rawHeaders, headers: { ...request.headers, ...target } }
}

test('host, the target and every other x-amz header must be signed', async () => {
  const headers = [
    'Host',
    'h',
    'X-Amz-Date',
    '20150830T123600Z',
    'X-Amz-Target',
    'AWSEvents.ListRules',
  ]
  for (const missing of ['host', 'x-amz-date', 'x-amz-target']) {
    const signedHeaders = ['host', 'x-amz-date', 'x-amz-target'].filter((name) => name !== missing)
    const request = signed({ rawHeaders: headers }, { signedHeaders })
    assert.equal(await codeOf(request), 'SignatureDoesNotMatch', missing)
  }
  const good = signed()
  const smuggled = [...good.rawHeaders, 'X-Amz-Security-Token', 'x']
  assert.equal(await codeOf({ ...good, rawHeaders: smuggled }), 'SignatureDoesNotMatch')
})

test('a date outside the window is refused, on both sides', async () => {
  const cases = [
    ['20150830T123000Z', 'RequestExpired'],
    ['20150830T124200Z', 'RequestInTheFuture'],
    ['20150830T123200Z', 'accepted'],
  ] as const
  for (const [date, code] of cases) {
    const request = signed({ rawHeaders: ['Host', 'h', 'X-Amz-Date', date] }, { date })
    assert.equal(await codeOf(request), code, date)
  }
})

test('a scope of another day or another service is refused', async () => {
  assert.equal(await codeOf(signed({}, { scopeDate: '20150829' })), 'SignatureDoesNotMatch')
  assert.equal(await codeOf(signed({}, { service: 'sqs' })), 'SignatureDoesNotMatch')
})

test('an unknown key, another secret and no credentials at all are refused', async () => {
  assert.equal(
    await codeOf(signed({}, { accessKeyId: 'AKIDOTHER' })),
    'UnrecognizedClientException',
  )
  assert.equal(await codeOf(signed({}, { secretAccessKey: 'other' })), 'SignatureDoesNotMatch')
  assert.equal(await codeOf(requestOf({})), 'MissingAuthenticationTokenException')
})

test('a payload hash that is not the body’s own is refused, also UNSIGNED-PAYLOAD', async () => {
  const own = createHash('sha256').update('{"Name":"a"}').digest('hex')
  const base = ['Host', 'h', 'X-Amz-Date', '20150830T123600Z', 'X-Amz-Content-Sha256']
  assert.equal(await codeOf(signed({ rawHeaders: [...base, own] })), 'accepted')
  const other = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  for (const hash of ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', other]) {
    assert.equal(await codeOf(signed({ rawHeaders: [...base, hash] })), 'SignatureDoesNotMatch')
  }
})

function presign(expires: string, date = '20150830T123600Z'): HttpRequest {
  const query = [
    'Action=ListQueues',
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${encodeURIComponent(`${ACCESS_KEY}/20150830/us-east-1/events/aws4_request`)}`,
    `X-Amz-Date=${date}`,
    `X-Amz-Expires=${expires}`,
    'X-Amz-SignedHeaders=host',
  ].join('&')
  const parts = { method: 'GET', target: `/?${query}`, rawHeaders: ['Host', 'h'] }
  const { signature } = signatureOf(requestOf(parts), {
    ...OPTIONS,
    date,
    signedHeaders: ['host'],
  })
  return requestOf({ ...parts, target: `/?${query}&X-Amz-Signature=${signature}` })
}

test('a presigned request is accepted for its life, which has a bound', async () => {
  assert.equal(await codeOf(presign('600')), 'accepted')
  assert.equal(await codeOf(presign('3600', '20150830T120000Z')), 'accepted')
  assert.equal(await codeOf(presign('600', '20150830T120000Z')), 'RequestExpired')
  assert.equal(await codeOf(presign('604801')), 'IncompleteSignatureException')
  assert.equal(await codeOf(presign('0')), 'IncompleteSignatureException')
  const both = presign('600')
  const headers = { ...both.headers, authorization: 'AWS4-HMAC-SHA256 Credential=x' }
  assert.equal(await codeOf({ ...both, headers }), 'InvalidSignatureException')
})

test('a SigV4A key pair is derived as AWS’s own library derives it', () => {
  // From the key derivation test of awslabs/aws-c-auth.
  const scalar = derivePrivateKey(
    'AKISORANDOMAASORANDOM',
    'q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom',
  )
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(scalar)
  assert.equal(
    curve.getPublicKey('hex'),
    '0415d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0',
  )
})

test('a SigV4A request for many regions is accepted, a changed one refused', async () => {
  const rawHeaders = [
    'Host',
    'h',
    'X-Amz-Date',
    '20150830T123600Z',
    'X-Amz-Region-Set',
    'eu-west-1',
  ]
  const parts = { method: 'POST', target: '/', body: Buffer.from('{}'), rawHeaders }
  const algorithm = 'AWS4-ECDSA-P256-SHA256'
  const scope = '20150830/events/aws4_request'
  const signedHeaders = ['host', 'x-amz-date', 'x-amz-region-set']
  const payloadHash = createHash('sha256').update('{}').digest('hex')
  const canonical = canonicalRequest({ request: requestOf(parts), signedHeaders, payloadHash })
  const hash = createHash('sha256').update(canonical).digest('hex')
  const text = `${algorithm}\n20150830T123600Z\n${scope}\n${hash}`
  const signature = signBytes('sha256', Buffer.from(text), ecdsaKey()).toString('hex')
  const header = `${algorithm} Credential=${ACCESS_KEY}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
  const request = withHeaders(parts, [...rawHeaders, 'Authorization', header])
  assert.equal((await verify(request, 'events')).region, 'eu-west-1')
  assert.equal(await codeOf({ ...request, body: Buffer.from('{ }') }), 'SignatureDoesNotMatch')
})

function ecdsaKey(): ReturnType<typeof createPrivateKey> {
  const scalar = derivePrivateKey(ACCESS_KEY, SECRET)
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(scalar)
  const point = curve.getPublicKey()
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: scalar.toString('base64url'),
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33, 65).toString('base64url'),
    },
  })
}

test('a credential is read from its end, whatever the key id holds', () => {
  assert.deepEqual(parseCredential('a/b/20260101/eu-west-1/sqs/aws4_request'), {
    accessKeyId: 'a/b',
    date: '20260101',
    region: 'eu-west-1',
    service: 'sqs',
  })
  assert.deepEqual(parseCredential('k/20260101/events/aws4_request'), {
    accessKeyId: 'k',
    date: '20260101',
    service: 'events',
  })
  for (const text of ['', 'k', '/20260101/r/s/aws4_request', 'k/2026/r/s/aws4_request']) {
    assert.equal(parseCredential(text), undefined, text)
  }
})

function credentialed(credential: string): HttpRequest {
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=x`
  return requestOf({ headers: { authorization } })
}

test('in dev any credentials pass, and twelve digits are the account', async () => {
  const accept = acceptAnyCredentials()
  const own = await accept(
    credentialed('123456789012/20260101/eu-west-1/events/aws4_request'),
    'events',
  )
  assert.deepEqual([own.account, own.region], ['123456789012', 'eu-west-1'])
  const test = await accept(credentialed('test/20260101/ap-south-1/events/aws4_request'), 'events')
  assert.deepEqual([test.account, test.region], ['000000000000', 'ap-south-1'])
  const none = await accept(requestOf({}), 'events')
  assert.deepEqual([none.account, none.region], ['000000000000', 'us-east-1'])
})
