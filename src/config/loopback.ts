// Which names mean this machine alone.

/** Whether an address to listen on, or to call, is reached from this machine only. */
export function isLoopback(host: string): boolean {
  // URL parsing folds the many ways to write an address into one.
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  const folded = URL.parse(`http://${bracketed}`)?.hostname ?? ''
  return folded === 'localhost' || folded === '[::1]' || /^127(\.\d{1,3}){3}$/.test(folded)
}
