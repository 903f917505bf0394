// The check of ordinary texts by the kernel, a copy in whose memory it reads. What that does not pass is left to
// `json-check.ts`, which knows why.

import { KERNEL_BASE64 } from './json-check-kernel.ts'

// What of WebAssembly is used here; the library that declares it is the browser's.
declare const WebAssembly:
  | {
      validate(code: Uint8Array): boolean
      readonly Module: new (code: Uint8Array) => object
      readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> }
    }
  | undefined

interface Kernel {
  readonly check: (length: number, depthMax: number) => number
  readonly view: Uint8Array
  readonly levelsMax: number
}

const PASSED_PLAIN = 2

/** What is known of a text: it is JSON, its names are plain besides; or nothing. */
export type FastCheck = 'plain' | 'json' | 'unknown'

export function checkFast(bytes: Uint8Array, depthMax: number): FastCheck {
  if (kernel === undefined || bytes.length > kernel.view.length || depthMax > kernel.levelsMax) {
    return 'unknown'
  }
  kernel.view.set(bytes)
  const result = kernel.check(bytes.length, depthMax)
  if (result === 0) return 'unknown'
  return result === PASSED_PLAIN ? 'plain' : 'json'
}

const kernel = startKernel()

function startKernel(): Kernel | undefined {
  const code = Buffer.from(KERNEL_BASE64, 'base64')
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(code)) return undefined
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code))
  const { buffer } = exports['memory'] as { readonly buffer: ArrayBuffer }
  const ask = (name: string): number => (exports[name] as () => number)()
  return {
    check: exports['check'] as Kernel['check'],
    view: new Uint8Array(buffer, ask('textAddress'), ask('textBytes')),
    levelsMax: ask('levelsMax'),
  }
}
