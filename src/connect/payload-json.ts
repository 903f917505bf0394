// What a broker keeps as bytes, as a value in JSON.

import { checkJson, EVENT_DEPTH_MAX } from '../event/index.ts'

/** JSON as it is, text as text, other bytes in base64. */
export function payloadJson(bytes: Buffer): string {
  if (checkJson(bytes, { depthMax: EVENT_DEPTH_MAX }).kind !== 'fault') return bytes.toString()
  const text = bytes.toString()
  return JSON.stringify(Buffer.from(text).equals(bytes) ? text : bytes.toString('base64'))
}
