import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeProtobuf, ProtobufError } from './protobuf.ts'

function field(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

function whole(number: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(number << 3), varint(BigInt.asUintN(64, BigInt(value)))])
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = []
  for (let left = BigInt(value); ; left >>= 7n) {
    if (left < 0x80n) return Buffer.from([...bytes, Number(left)])
    bytes.push(Number(left & 0x7fn) | 0x80)
  }
}

function envelope(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  const type = Buffer.concat([field(1, apiVersion), field(2, kind)])
  return Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, raw)])
}

function decode(apiVersion: string, kind: string, ...parts: Buffer[]): unknown {
  return decodeProtobuf(envelope(apiVersion, kind, Buffer.concat(parts)))?.value
}

test('an object comes out as the JSON that the same client would have sent', () => {
  const metadata = Buffer.concat([
    field(1, 'settings'),
    // What Go writes of a struct that is all zero.
    field(2, ''),
    field(8, ''),
    field(11, Buffer.concat([field(1, 'app'), field(2, 'x')])),
  ])
  assert.deepEqual(
    decode(
      'v1',
      'ConfigMap',
      field(1, metadata),
      field(2, Buffer.concat([field(1, 'colour'), field(2, 'blue')])),
      field(3, Buffer.concat([field(1, 'raw'), field(2, Buffer.from([0, 255]))])),
    ),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', labels: { app: 'x' } },
      data: { colour: 'blue' },
      binaryData: { raw: 'AP8=' },
    },
  )
})

test("Go's embedded structs, times, quantities and numbers take their JSON form", () => {
  const secret = Buffer.concat([field(1, field(1, 'login')), field(2, 'user')])
  const port = Buffer.concat([whole(1, 1), field(3, 'http')])
  const container = Buffer.concat([
    field(1, 'main'),
    field(7, Buffer.concat([field(1, 'USER'), field(3, field(4, secret))])),
    field(8, field(1, Buffer.concat([field(1, 'cpu'), field(2, field(1, '100m'))]))),
    field(10, field(1, field(2, Buffer.concat([field(1, '/ok'), field(2, port)])))),
  ])
  const volume = Buffer.concat([field(1, 'v'), field(2, field(19, field(1, field(1, 'cm'))))])
  const metadata = Buffer.concat([field(1, 'p'), field(8, whole(1, 1_700_000_000))])
  const spec = Buffer.concat([field(1, volume), field(2, container), whole(4, -1)])
  assert.deepEqual(decode('v1', 'Pod', field(1, metadata), field(2, spec)), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', creationTimestamp: '2023-11-14T22:13:20Z' },
    spec: {
      volumes: [{ name: 'v', configMap: { name: 'cm' } }],
      containers: [
        {
          name: 'main',
          env: [{ name: 'USER', valueFrom: { secretKeyRef: { name: 'login', key: 'user' } } }],
          resources: { limits: { cpu: '100m' } },
          livenessProbe: { httpGet: { path: '/ok', port: 'http' } },
        },
      ],
      terminationGracePeriodSeconds: -1,
    },
  })
})

test('a kind that nobody sends so is not decoded', () => {
  assert.equal(decodeProtobuf(envelope('v1', 'Node', Buffer.alloc(0))), undefined)
  assert.equal(decodeProtobuf(envelope('gold.test/v1', 'Widget', Buffer.alloc(0))), undefined)
})

test('bytes that are no message are refused, and never anything else', () => {
  assert.throws(() => decodeProtobuf(Buffer.from('{"kind":"Pod"}')), ProtobufError)
  const whole4 = envelope('v1', 'ConfigMap', field(1, field(1, 'settings')))
  assert.throws(() => decodeProtobuf(whole4.subarray(0, whole4.length - 1)), ProtobufError)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeProtobuf(envelope('v1', 'Pod', bytes))
      } catch (error) {
        assert.ok(error instanceof ProtobufError, String(error))
      }
    }),
    { numRuns: 2000 },
  )
})
