// Puts a text on the clipboard, and says so.

import { type ReactElement, useState } from 'react'

export function CopyButton({ text }: { readonly text: string }): ReactElement {
  const [label, setLabel] = useState('Copy')
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setLabel('Copied'),
      // Without a secure context, or without leave, the text can still be marked by hand.
      () => setLabel('Select and copy by hand'),
    )
  }
  return (
    <button type="button" className="copy" onClick={copy} onBlur={() => setLabel('Copy')}>
      {label}
    </button>
  )
}
