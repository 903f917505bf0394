// XML as S3 speaks it, which has elements and texts and nothing else that matters: written, read, and compared.

export interface XmlNode {
  readonly name: string
  readonly text: string
  readonly below: readonly XmlNode[]
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'
/** More levels than S3 has; an answer that goes deeper is none of its. */
const DEPTH_MAX = 32
const TOKEN = /<(\/?)([A-Za-z][\w.:-]*)[^<>]*?(\/?)>|([^<]+)/g

export function formatXml({ name, text, below }: XmlNode, isRoot = true): string {
  const inside =
    below.length > 0 ? below.map((one) => formatXml(one, false)).join('') : escape(text)
  return `<${name}${isRoot ? ` xmlns="${NAMESPACE}"` : ''}>${inside}</${name}>`
}

/** The first element; undefined where there is none that is whole. */
export function parseXml(source: string): XmlNode | undefined {
  const root = { name: '', text: '', below: [] as XmlNode[] }
  const open: { name: string; text: string; below: XmlNode[] }[] = [root]
  for (const [, isEnd, name, isEmpty, text] of source.replace(/<[?!][^>]*>/g, '').matchAll(TOKEN)) {
    const at = open.at(-1)!
    if (text !== undefined) at.text += unescape(text)
    else if (isEnd === '/') {
      if (open.length === 1 || at.name !== name) return undefined
      open.pop()
    } else {
      const node = { name: name!, text: '', below: [] as XmlNode[] }
      at.below.push(node)
      if (isEmpty !== '/') open.push(node)
      if (open.length > DEPTH_MAX) return undefined
    }
  }
  return open.length === 1 ? root.below[0] : undefined
}

/** Whether one has all of the other: as many elements of each name that the other has, and each of them in one. */
export function containsXml(shown: XmlNode, wanted: XmlNode): boolean {
  if (wanted.below.length === 0) return shown.text.trim() === wanted.text.trim()
  return wanted.below.every(({ name }) => {
    const theirs = shown.below.filter((one) => one.name === name)
    const ours = wanted.below.filter((one) => one.name === name)
    return (
      theirs.length === ours.length &&
      ours.every((one) => theirs.some((other) => containsXml(other, one)))
    )
  })
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character]!)
}

function unescape(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|(amp|lt|gt|quot|apos));/g, (whole, code, word) => {
    if (code !== undefined) return String.fromCodePoint(Math.min(Number(code), 0x10ffff))
    if (word === 'apos') return "'"
    return Object.entries(ESCAPES).find(([, name]) => name === whole)![0]
  })
}
