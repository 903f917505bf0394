// What a fault test needs around it and must not leave behind.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { DiskImage, type DiskImageOptions } from './disk-image.ts'
import { History } from './history.ts'
import { Webhook } from './webhook.ts'

/** Loops run this often in CI, or what is waited for is this long, and `SIGNALBOX_SOAK=1` has it in full. */
export function cycles(short: number, full: number): number {
  return process.env['SIGNALBOX_SOAK'] === '1' ? full : short
}

export function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-fault-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function makeDisk(context: TestContext, options: DiskImageOptions): DiskImage {
  const disk = new DiskImage(options)
  context.after(() => disk.remove())
  return disk
}

export function makeHistory(context: TestContext): History {
  return new History(join(makeFolder(context), 'history'))
}

export async function openWebhook(context: TestContext): Promise<Webhook> {
  const webhook = await Webhook.open()
  context.after(() => webhook.close())
  return webhook
}
