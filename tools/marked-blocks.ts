// Takes out of a page of documentation the shell blocks that tests run, so that what people paste is what was
// tried. A block is marked by a comment before it: `<!-- run -->` or `<!-- run: word -->`.

export interface MarkedBlock {
  /** The word behind `run:`, or an empty string. */
  readonly word: string
  readonly text: string
  readonly line: number
}

const BLOCK = /^<!-- run(?:: (\w+))? -->\n```sh\n([^]*?)^```$/gm

export function readMarkedBlocks(page: string): MarkedBlock[] {
  return [...page.matchAll(BLOCK)].map((match) => ({
    word: match[1] ?? '',
    text: match[2]!,
    line: page.slice(0, match.index).split('\n').length,
  }))
}
