// The names of all fields that joined patterns look at, as a tree: one node per key on the way, so that a
// scan of an event knows at every key whether anyone cares. A key with dots walks as many nodes as it has
// parts, because `a.b` and `a` holding `b` are the same field.

/** A key on the way to fields, and the field of that name when patterns look at it. */
export interface FieldNode<Field> {
  readonly children: Map<string, FieldNode<Field>>
  field: Field | undefined
}

export function createFieldTree<Field>(): FieldNode<Field> {
  return { children: new Map(), field: undefined }
}

/** The node of `path` (keys joined with dots), made with what lies on the way. */
export function reachField<Field>(root: FieldNode<Field>, path: string): FieldNode<Field> {
  let node = root
  for (const part of path.split('.')) {
    let child = node.children.get(part)
    if (child === undefined) {
      child = createFieldTree()
      node.children.set(part, child)
    }
    node = child
  }
  return node
}

/** The node that `key`, dots or none, leads to. */
export function findChild<Field>(
  parent: FieldNode<Field>,
  key: string,
): FieldNode<Field> | undefined {
  const direct = parent.children.get(key)
  if (direct !== undefined || !key.includes('.')) return direct
  let node: FieldNode<Field> | undefined = parent
  for (const part of key.split('.')) {
    node = node.children.get(part)
    if (node === undefined) return undefined
  }
  return node
}

/** Removes the field of `path`, and the nodes that led to nothing else. */
export function pruneField<Field>(root: FieldNode<Field>, path: string): void {
  const trail: [FieldNode<Field>, string][] = []
  let node = root
  for (const part of path.split('.')) {
    trail.push([node, part])
    const child = node.children.get(part)
    if (child === undefined) return
    node = child
  }
  node.field = undefined
  for (const [parent, part] of trail.toReversed()) {
    const child = parent.children.get(part)
    if (child === undefined || child.field !== undefined || child.children.size > 0) return
    parent.children.delete(part)
  }
}
