// Takes the JavaScript programs out of a page of documentation, with what the page says that they print: the comments
// behind `console.log(…)`. A test runs them, so that what people read is what was tried.

export interface GuideProgram {
  readonly text: string
  /** One line for each `console.log`, in order. */
  readonly printed: readonly string[]
  readonly line: number
}

const BLOCK = /^```js\n([^]*?)^```$/gm
const PRINTED = /^.*\bconsole\.log\(.*\) \/\/ (.*)$/gm

export function readGuidePrograms(page: string): GuideProgram[] {
  return [...page.matchAll(BLOCK)].map((match) => ({
    text: match[1]!,
    printed: [...match[1]!.matchAll(PRINTED)].map((found) => found[1]!),
    line: page.slice(0, match.index).split('\n').length,
  }))
}
