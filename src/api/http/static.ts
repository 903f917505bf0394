// The built console, served from memory. Only names that were found while reading the directory are served, so
// a path can lead nowhere else; symbolic links are not followed. A directory without index.html is looked at
// again at the next request, because the console may be built while the server runs.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../../base/index.ts'
import type { Dialect, HttpRequest, HttpResponse } from './exchange.ts'
import { CONSOLE_BYTES_MAX, CONSOLE_FILES_MAX } from './limits.ts'
import { CONSOLE_PATH, isConsolePath } from './routes.ts'

interface StaticFile {
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string>>
}

type StaticFiles = ReadonlyMap<string, StaticFile>

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

// React sets styles through the DOM, which the policy allows; nothing inline, nothing from elsewhere.
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** The dialect that serves the files of `directory` below `/_signalbox/ui`. */
export function createConsoleDialect(directory: string): Dialect {
  let loaded: Promise<StaticFiles> | undefined
  async function load(): Promise<StaticFiles> {
    loaded ??= loadFiles(directory)
    const files = await loaded
    if (!files.has('index.html')) loaded = undefined
    return files
  }
  return {
    name: 'console',
    accepts: ({ path: at }) => at === '/' || isConsolePath(at),
    handle: async (request) => answer(request, await load()),
  }
}

function answer(request: HttpRequest, files: StaticFiles): HttpResponse {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return page(405, 'the console is only read: use GET', { Allow: 'GET, HEAD' })
  }
  if (request.path === '/' || request.path === CONSOLE_PATH) {
    return { status: 307, headers: { ...PAGE_HEADERS, Location: `${CONSOLE_PATH}/` }, body: '' }
  }
  const name = request.path.slice(CONSOLE_PATH.length + 1)
  const file = files.get(name) ?? (isScreen(name) ? files.get('index.html') : undefined)
  if (file === undefined) {
    return files.has('index.html')
      ? page(404, 'the console has no such file')
      : page(503, 'the console is not built: run `npm run build -w console`', {
          'Retry-After': '5',
        })
  }
  if (request.headers['if-none-match'] === file.headers['ETag']) {
    return { status: 304, headers: file.headers, body: '' }
  }
  return { status: 200, headers: file.headers, body: file.bytes }
}

/** Screens of the console are paths without an extension; the page finds the screen itself. */
function isScreen(name: string): boolean {
  return !name.includes('.')
}

function page(status: number, text: string, headers: Record<string, string> = {}): HttpResponse {
  const type = { 'Content-Type': 'text/plain; charset=utf-8' }
  return { status, headers: { ...PAGE_HEADERS, ...type, ...headers }, body: `${text}\n` }
}

async function loadFiles(directory: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>()
  let sizeBytes = 0
  for (const name of await listFiles(directory)) {
    const bytes = await readFile(path.join(directory, name))
    sizeBytes += bytes.length
    if (sizeBytes > CONSOLE_BYTES_MAX || files.size >= CONSOLE_FILES_MAX) {
      throw new AppError(
        'CONFIG_INVALID',
        `expected \`${directory}\` to hold a built console of at most ${CONSOLE_FILES_MAX} files and ${CONSOLE_BYTES_MAX} bytes`,
      )
    }
    files.set(name.replaceAll(path.sep, '/'), { bytes, headers: fileHeaders(name, bytes) })
  }
  return files
}

async function listFiles(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function fileHeaders(name: string, bytes: Buffer): Readonly<Record<string, string>> {
  // The build puts a hash of the content into the names below assets/.
  const isHashed = name.startsWith(`assets${path.sep}`)
  return {
    ...PAGE_HEADERS,
    'Content-Type': CONTENT_TYPES[path.extname(name).toLowerCase()] ?? 'application/octet-stream',
    'Cache-Control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
  }
}
