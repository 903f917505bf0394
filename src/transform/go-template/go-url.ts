// URLs in their parts, the way Sprig's `urlParse` and `urlJoin` have them.
// https://masterminds.github.io/sprig/url.html

import { quoteText } from './go-format.ts'
import { GoFault } from './go-template-error.ts'
import { GoMap, kindOf } from './go-value.ts'

const URL_PARTS =
  /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s

export function parseUrl(text: string): GoMap {
  const match = URL_PARTS.exec(text)
  if (match === null || text.startsWith(':')) {
    throw new GoFault(`unable to parse url: parse ${quoteText(text)}: missing protocol scheme`)
  }
  const [, scheme = '', userinfo = '', host = '', path = '', query = '', fragment = ''] = match
  const isOpaque = scheme !== '' && path !== '' && !path.startsWith('/') && !text.includes('//')
  return new GoMap([
    ['scheme', scheme.toLowerCase()],
    ['host', host],
    ['hostname', host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')],
    ['path', isOpaque ? '' : decode(path)],
    ['query', query],
    ['opaque', isOpaque ? path : ''],
    ['fragment', decode(fragment)],
    ['userinfo', userinfo],
  ])
}

export function joinUrl(parts: GoMap): string {
  const part = (name: string): string => {
    const value = parts.entries.get(name)
    if (value === undefined) return ''
    if (typeof value === 'string') return value
    throw new GoFault(
      `unable to parse ${name} key, must be of type string, but ${kindOf(value)} found`,
    )
  }
  const scheme = part('scheme') === '' ? '' : `${part('scheme')}:`
  const userinfo = part('userinfo') === '' ? '' : `${part('userinfo')}@`
  const query = part('query') === '' ? '' : `?${part('query')}`
  const fragment = part('fragment') === '' ? '' : `#${encodeURI(part('fragment'))}`
  if (part('opaque') !== '') return `${scheme}${part('opaque')}${query}${fragment}`
  const host = userinfo + part('host')
  const path = encodeURI(part('path'))
  const slash = path !== '' && !path.startsWith('/') && host !== '' ? '/' : ''
  return `${scheme}${host === '' ? '' : `//${host}`}${slash}${path}${query}${fragment}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new GoFault(`unable to parse url: invalid URL escape in ${quoteText(text)}`)
  }
}
