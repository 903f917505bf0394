// How values look inside text: strings without quotes and escapes, numbers and literals as written, and
// objects and arrays with nothing but their punctuation, `{id:7,tags:[a,b]}`, as EventBridge prints them.

import { decodeString, stringEnd, type JsonView, type Span } from './json-view.ts'

const QUOTE = 0x22

export function plainText(view: JsonView, span: Span): string {
  if (view.isString(span)) return decodeString(view.bytes, span)
  return view.isContainer(span) ? stripQuotes(view, span) : view.source(span).toString()
}

// Outside strings only white space goes; strings lose their quotes and escapes.
function stripQuotes(view: JsonView, { start, end }: Span): string {
  const { bytes } = view
  let text = ''
  for (let at = start; at < end;) {
    if (bytes[at] === QUOTE) {
      const after = stringEnd(bytes, at)
      text += decodeString(bytes, { start: at, end: after })
      at = after
    } else {
      let after = at + 1
      while (after < end && bytes[after] !== QUOTE) after += 1
      text += bytes.toString('latin1', at, after).replaceAll(/[ \t\n\r]/g, '')
      at = after
    }
  }
  return text
}
