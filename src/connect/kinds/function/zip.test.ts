import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { deflateRawSync, crc32 } from 'node:zlib'
import fc from 'fast-check'
import { isAppError } from '../../../base/index.ts'
import { openCodeStore } from './code-store.ts'
import { readZip } from './zip.ts'

interface Written {
  readonly path: string
  readonly content: string
  readonly isStored?: boolean
  readonly mode?: number
  readonly size?: number
  readonly checksum?: number
  readonly flags?: number
}

/** An archive as `zip` writes it, with lies where a test wants them. */
function zip(files: readonly Written[], comment = ''): Buffer {
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  let offset = 0
  for (const { path, content, isStored = false, mode = 0o100644, ...lies } of files) {
    const bytes = Buffer.from(content)
    const packed = isStored ? bytes : deflateRawSync(bytes)
    const name = Buffer.from(path)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(lies.flags ?? 0, 2)
    common.writeUInt16LE(isStored ? 0 : 8, 4)
    common.writeUInt32LE(lies.checksum ?? crc32(bytes), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(lies.size ?? bytes.length, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(mode * 0x10000, 6)
    tail.writeUInt32LE(offset, 10)
    const made = Buffer.from([20, 3])
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02'), made, common, tail, name]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)])
}

function read(archive: Buffer): readonly (readonly [string, string])[] {
  return Array.from(readZip(archive), ({ path, content }) => [
    path,
    Buffer.from(content).toString(),
  ])
}

test('what was packed comes out, stored or deflated, whatever it is', () => {
  const file = fc.record({
    path: fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,2}\.js$/),
    content: fc.string({ unit: 'binary', maxLength: 2000 }).map((text) => text.toWellFormed()),
    isStored: fc.boolean(),
  })
  const files = fc.uniqueArray(file, { selector: ({ path }) => path, maxLength: 5 })
  fc.assert(
    fc.property(files, fc.stringMatching(/^[a-z]{0,20}$/), (written, comment) => {
      assert.deepEqual(
        read(zip(written, comment)),
        written.map(({ path, content }) => [path, content]),
      )
    }),
    { numRuns: 100 },
  )
})

const content = 'exports.handler = () => 1'

for (const [reason, archive] of [
  ['a path that leads out', zip([{ path: '../evil.js', content }])],
  ['a path that leads out further in', zip([{ path: 'a/../../evil.js', content }])],
  ['an absolute path', zip([{ path: '/etc/evil', content }])],
  ['a drive', zip([{ path: 'C:evil.js', content }])],
  ['backslashes', zip([{ path: '..\\evil.js', content }])],
  ['a symbolic link', zip([{ path: 'link', content: '/etc/passwd', mode: 0o120777 }])],
  [
    'a path twice',
    zip([
      { path: 'a.js', content },
      { path: 'a.js', content: 'other' },
    ]),
  ],
  ['a bomb that says it is small', zip([{ path: 'a.js', content: '0'.repeat(1e6), size: 10 }])],
  ['a size beyond all bounds', zip([{ path: 'a.js', content, size: 0xfffffff0 }])],
  ['a wrong checksum', zip([{ path: 'a.js', content, checksum: 1 }])],
  ['an encrypted entry', zip([{ path: 'a.js', content, flags: 1 }])],
  ['no archive at all', Buffer.from('const handler = 1')],
  ['nothing', Buffer.alloc(0)],
] as const) {
  test(`refuses ${reason}`, () => {
    assert.throws(
      () => read(archive),
      (error) =>
        isAppError(error, 'REQUEST_INVALID') && /zip archive is not usable/.test(error.message),
    )
  })
}

test('any change of bytes is refused or changes nothing that is unpacked', () => {
  const archive = zip([
    { path: 'a.js', content },
    { path: 'b/c.js', content: 'x', isStored: true },
  ])
  const wanted = read(archive)
  fc.assert(
    fc.property(fc.nat(archive.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Buffer.from(archive)
      damaged[at] = byte
      try {
        const contents = read(damaged).map(([, text]) => text)
        assert.ok(contents.every((text) => wanted.some(([, known]) => known === text)))
      } catch (error) {
        assert.ok(isAppError(error, 'REQUEST_INVALID'), String(error))
      }
    }),
    { numRuns: 500 },
  )
})

test('the code of a function is kept by its hash, and goes when nobody wants it', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'signalbox-code-'))
  t.after(() => rmSync(root, { recursive: true }))
  const scope = { account: '000000000000', region: 'us-east-1' }
  const store = await openCodeStore(root)
  const one = await store.put(scope, 'f', zip([{ path: 'src/index.js', content }]))
  assert.equal(readFileSync(join(one.directory, 'src/index.js'), 'utf8'), content)
  assert.deepEqual(await store.put(scope, 'f', zip([{ path: 'src/index.js', content }])), one)
  const two = await store.put(scope, 'f', zip([{ path: 'index.js', content }]))
  await assert.rejects(
    store.put(
      scope,
      'f',
      zip([
        { path: 'ok.js', content },
        { path: '../x', content },
      ]),
    ),
  )
  assert.deepEqual(readdirSync(join(root, '000000000000/us-east-1/f')).length, 2)
  await store.keep(scope, 'f', [two.directory])
  assert.ok(!existsSync(one.directory) && existsSync(two.directory))
  await store.keep(scope, 'f', [])
  assert.ok(!existsSync(join(root, '000000000000/us-east-1/f')))
})
