// The filter: what is typed is applied with Enter, or when the box is left.

import { type ReactElement, type RefObject, useState } from 'react'
import type { Filter } from './filter.ts'

interface Properties {
  readonly boxRef: RefObject<HTMLInputElement | null>
  readonly filter: Filter
  /** What the server said against it. */
  readonly refusal: string | undefined
  readonly onChange: (text: string) => void
}

export function FilterBox({ boxRef, filter, refusal, onChange }: Properties): ReactElement {
  const [text, setText] = useState('')
  const [applied, setApplied] = useState('')
  const fault = filter.kind === 'invalid' ? filter.reason : refusal
  const apply = (next: string): void => {
    if (next === applied) return
    setApplied(next)
    onChange(next)
  }
  return (
    <form
      className="filter"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        apply(text)
      }}
    >
      <label htmlFor="filter">Filter</label>
      <input
        id="filter"
        ref={boxRef}
        value={text}
        spellCheck={false}
        autoComplete="off"
        placeholder='{"source":["my.app"]} or a type'
        aria-invalid={fault !== undefined}
        aria-describedby="filter-fault"
        onChange={(event) => setText(event.target.value)}
        onBlur={() => apply(text)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          setText('')
          apply('')
          event.currentTarget.blur()
        }}
      />
      <output id="filter-fault" className="fault">
        {fault}
      </output>
    </form>
  )
}
