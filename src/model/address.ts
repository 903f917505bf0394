// What a target's address may look like. AWS knows ARNs alone; a URL, a function by its name and a log line are
// ours.

import { parseArn } from './arn.ts'

/** For people: what `isTargetAddress` accepts. */
export const TARGET_ADDRESS_FORMS = 'an ARN, an http(s) URL, `function:NAME` or `log:NAME`'

const LOCAL_ADDRESS = /^(?:function|log):[A-Za-z0-9_.-]{1,64}$/

export function isTargetAddress(text: string): boolean {
  if (/^https?:\/\//i.test(text)) return URL.canParse(text)
  if (LOCAL_ADDRESS.test(text)) return true
  const arn = parseArn(text)
  return arn !== undefined && arn.service !== '' && arn.resource !== ''
}
