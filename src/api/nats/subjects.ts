// Subjects: words between dots. `*` stands for one word, `>` at the end for one or more.

const SEPARATOR = '.'

/** Whether a subscription may name it. */
export function isSubscribable(subject: string): boolean {
  const words = subject.split(SEPARATOR)
  return words.every((word, index) => word !== '' && (word !== '>' || index === words.length - 1))
}

/** Whether it names one place, as that of a message should. */
export function isLiteral(subject: string): boolean {
  return subject.split(SEPARATOR).every((word) => word !== '' && word !== '*' && word !== '>')
}

interface Node<T> {
  readonly children: Map<string, Node<T>>
  readonly here: Set<T>
}

/** What is interested in which subjects. */
export class SubjectTree<T> {
  readonly #root: Node<T> = createNode()

  add(subject: string, value: T): void {
    let node = this.#root
    for (const word of subject.split(SEPARATOR)) {
      const next: Node<T> = node.children.get(word) ?? createNode()
      node.children.set(word, next)
      node = next
    }
    node.here.add(value)
  }

  remove(subject: string, value: T): void {
    const path: (readonly [Node<T>, string])[] = []
    let node = this.#root
    for (const word of subject.split(SEPARATOR)) {
      const next = node.children.get(word)
      if (next === undefined) return
      path.push([node, word])
      node = next
    }
    node.here.delete(value)
    for (const [parent, word] of path.reverse()) {
      const child = parent.children.get(word)!
      if (child.here.size > 0 || child.children.size > 0) return
      parent.children.delete(word)
    }
  }

  match(subject: string): readonly T[] {
    const found: T[] = []
    collect(this.#root, subject.split(SEPARATOR), { at: 0, found })
    return found
  }
}

function createNode<T>(): Node<T> {
  return { children: new Map(), here: new Set() }
}

function collect<T>(
  node: Node<T>,
  words: readonly string[],
  { at, found }: { readonly at: number; readonly found: T[] },
): void {
  if (at === words.length) {
    found.push(...node.here)
    return
  }
  found.push(...(node.children.get('>')?.here ?? []))
  // A literal subject may have a word `*` in it when a client does not care; it is then looked up once.
  for (const word of new Set([words[at]!, '*'])) {
    const child = word === '>' ? undefined : node.children.get(word)
    if (child !== undefined) collect(child, words, { at: at + 1, found })
  }
}
