// The scan of an event (see `scan.ts`, which says the same in plain TypeScript and is what runs where this cannot)
// in AssemblyScript, sixteen bytes at a time. Compiled by `tools/kernel.ts` into `scan-kernel.ts`.
//
// It gives up, and leaves the event to the other, on a name with escapes, a name with dots that may lead to a field,
// and a name that comes again.

// Where things lie in memory; `fast-scan.ts` writes the first two and reads the others.
const IMAGE: usize = 1024
const IMAGE_BYTES: usize = 32768
const EVENT: usize = IMAGE + IMAGE_BYTES
const EVENT_BYTES: usize = 1048576
const LEAVES: usize = EVENT + EVENT_BYTES + 64
const LEAF_BYTES: usize = 48
const LEAVES_MAX: usize = 65536
const ELEMENTS: usize = LEAVES + LEAF_BYTES * LEAVES_MAX
const ELEMENT_BYTES: usize = 12
const ELEMENTS_MAX: usize = 65536

// A node: its field or -1, the number of its children, the last object it was seen in; then the children.
const NODE_BYTES: usize = 12
// A child: the length of its name, where that lies, its first eight bytes, the address of its node.
const CHILD_BYTES: usize = 24

// Bytes of a text that has room in a leaf.
const SHORT_MAX: usize = 16

const STOP: i32 = -1
const DEPTH_MAX: i32 = 1000

// As in `number.ts`.
const SAFE_DIGITS: i32 = 15
const EXACT_POWER_MAX: i32 = 22
const UNREADABLE: i32 = -1
const POWERS: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
])

const NO_OBJECT: i32 = -1
const GIVES_UP: i32 = -2

// Stands behind the event: no space, and nothing that JSON is made of.
const BEHIND: i8 = 0x7f

const PLAIN: i32 = 0
const ENVELOPE: i32 = 1

let end: usize = 0
let mode: i32 = 0
let leaves: i32 = 0
let elements: i32 = 0
let arrays: i32 = 0
let objects: i32 = 0
let hasGivenUp: bool = false

export function imageAddress(): usize {
  return IMAGE
}
export function imageBytes(): usize {
  return IMAGE_BYTES
}
export function eventAddress(): usize {
  return EVENT
}
export function eventBytes(): usize {
  return EVENT_BYTES
}
export function leavesAddress(): usize {
  return LEAVES
}
export function elementsAddress(): usize {
  return ELEMENTS
}

/** How many elements the latest scan noted. */
export function elementCount(): i32 {
  return elements
}

/** How many leaves were noted, or why there are none. */
export function scan(length: usize, names: i32): i32 {
  end = EVENT + length
  mode = names
  leaves = 0
  elements = 0
  arrays = 0
  hasGivenUp = false
  // Nothing of an earlier event is taken for this one, and no space is looked for behind it.
  v128.store(end, i8x16.splat(BEHIND))
  v128.store(end, i8x16.splat(BEHIND), 16)
  const start = skipSpace(EVENT)
  if (start >= end || load<u8>(start) != 0x7b) return NO_OBJECT
  scanObject(start, IMAGE, -1, 1, true)
  return hasGivenUp ? GIVES_UP : leaves
}

// @ts-ignore: decorator
@inline
function skipSpace(start: usize): usize {
  return load<u8>(start) > 0x20 ? start : skipSpaces(start)
}

function skipSpaces(start: usize): usize {
  let at = start
  while (load<u8>(at) <= 0x20) at++
  return at
}

function giveUp(): i32 {
  hasGivenUp = true
  return STOP
}

// Every scanner takes the address where its thing begins and answers the one behind it, or STOP.
function scanObject(start: usize, node: usize, element: i32, depth: i32, isLast: bool): i32 {
  const isDistinct = mode == PLAIN || (mode == ENVELOPE && depth == 1)
  objects++
  const object = objects
  let wanted = load<i32>(node, 4)
  const children = wanted
  let at = start + 1
  while (true) {
    at = skipSpace(at)
    if (load<u8>(at) != 0x22) break
    const name = at + 1
    const nameEnd = findQuoteNear(name)
    if (nameEnd >= end) return STOP
    if (load<u8>(nameEnd) != 0x22) return giveUp()
    const child = findChild(node, children, name, nameEnd - name)
    if (child == 0 && !isDistinct && hasDot(name, nameEnd)) return giveUp()
    at = skipSpace(skipSpace(nameEnd + 1) + 1)
    if (child == 0) at = skipValue(at)
    else {
      if (isDistinct) wanted--
      else if (load<i32>(child, 8) == object) return giveUp()
      else store<i32>(child, object, 8)
      const behind = scanValue(at, child, element, depth + 1, isLast && isDistinct && wanted == 0)
      if (behind < 0) return STOP
      at = behind
      if (isDistinct && wanted == 0) return isLast ? STOP : <i32>skipRest(at)
    }
    at = skipSpace(at)
    if (load<u8>(at) != 0x2c) break
    at++
  }
  return at < end && load<u8>(at) == 0x7d ? <i32>(at + 1) : STOP
}

function findChild(node: usize, children: i32, name: usize, length: usize): usize {
  let first = load<u64>(name)
  if (length < 8) first &= (<u64>1 << (<u64>length * 8)) - 1
  let child = node + NODE_BYTES
  for (let index = 0; index < children; index++) {
    if (load<u64>(child, 8) == first && load<i32>(child) == <i32>length) {
      if (length <= 8 || memory.compare(name, load<i32>(child, 4), length) == 0) {
        return load<i32>(child, 16)
      }
    }
    child += CHILD_BYTES
  }
  return 0
}

function hasDot(name: usize, nameEnd: usize): bool {
  for (let at = name; at < nameEnd; at++) if (load<u8>(at) == 0x2e) return true
  return false
}

function scanValue(start: usize, node: usize, element: i32, depth: i32, isLast: bool): i32 {
  const first = load<u8>(start)
  if (first == 0x7b) {
    if (load<i32>(node, 4) == 0 || depth > DEPTH_MAX) return <i32>skipRest(start + 1)
    return scanObject(start, node, element, depth, isLast)
  }
  if (first == 0x5b) {
    if (depth > DEPTH_MAX) return <i32>skipRest(start + 1)
    return scanArray(start, node, element, depth)
  }
  return scanScalar(start, node, element)
}

function scanArray(start: usize, node: usize, parent: i32, depth: i32): i32 {
  const array = arrays++
  let at = skipSpace(start + 1)
  if (load<u8>(at) == 0x5d) return <i32>(at + 1)
  while (true) {
    let element = parent
    const first = load<u8>(at)
    if (first == 0x7b || first == 0x5b) {
      if (elements >= <i32>ELEMENTS_MAX) return giveUp()
      element = elements++
      const address = ELEMENTS + <usize>element * ELEMENT_BYTES
      store<i32>(address, array)
      store<i32>(address, parent, 4)
      const around = parent < 0 ? 0 : load<i32>(ELEMENTS + <usize>parent * ELEMENT_BYTES, 8) + 1
      store<i32>(address, around, 8)
    }
    const behind = scanValue(at, node, element, depth + 1, false)
    if (behind < 0) return STOP
    at = skipSpace(behind)
    if (load<u8>(at) != 0x2c) break
    at = skipSpace(at + 1)
  }
  return at < end && load<u8>(at) == 0x5d ? <i32>(at + 1) : STOP
}

function scanScalar(start: usize, node: usize, element: i32): i32 {
  const first = load<u8>(start)
  const field = load<i32>(node)
  if (first == 0x22) {
    let kind = 0
    let at = findQuoteNear(start + 1)
    while (at < end && load<u8>(at) != 0x22) {
      kind = 1
      at = findQuote(at + 2)
    }
    if (at >= end) return STOP
    if (field >= 0) addLeaf(field, kind, start + 1, at, element)
    return hasGivenUp ? STOP : <i32>(at + 1)
  }
  const at = skipScalar(start)
  if (at == start) return STOP
  if (field >= 0) {
    const kind = first == 0x74 ? 3 : first == 0x66 ? 4 : first == 0x6e ? 5 : 2
    addLeaf(field, kind, start, at, element)
  }
  return hasGivenUp ? STOP : <i32>at
}

function addLeaf(field: i32, kind: i32, start: usize, stop: usize, element: i32): void {
  if (leaves >= <i32>LEAVES_MAX) {
    hasGivenUp = true
    return
  }
  const leaf = LEAVES + <usize>leaves * LEAF_BYTES
  store<i32>(leaf, kind)
  store<i32>(leaf, <i32>(start - EVENT), 4)
  store<i32>(leaf, <i32>(stop - EVENT), 8)
  store<i32>(leaf, element, 12)
  store<i32>(leaf, -1, 16)
  store<i32>(leaf, field, 20)
  leaves++
  if (kind == 2) readNumber(leaf, start, stop)
  else if (kind == 0 && stop - start <= SHORT_MAX) noteShort(leaf, start, stop - start)
}

// A short text with zeros behind it, and a hash, so that it can be looked up by its words.
function noteShort(leaf: usize, start: usize, length: usize): void {
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  const isInside = i8x16.lt_u(places, i8x16.splat(<i8>length))
  const text = v128.and(v128.load(start), isInside)
  v128.store(leaf, text, 24)
  const low = <u64>i64x2.extract_lane(text, 0) ^ length
  const hash = low * 0x9e3779b97f4a7c15 ^ <u64>i64x2.extract_lane(text, 1) * 0xc2b2ae3d27d4eb4f
  store<i32>(leaf, <i32>(hash >> 32) ^ <i32>(hash >> 56), 40)
}

// @ts-ignore: decorator
@inline
function areDigits(eight: u64): bool {
  const high: u64 = 0xf0f0f0f0f0f0f0f0
  return ((eight & high) | (((eight + 0x0606060606060606) & high) >> 4)) == 0x3333333333333333
}

// Eight digits at once: pairs, fours, then all.
// @ts-ignore: decorator
@inline
function valueOf(eight: u64): u64 {
  let value = eight - 0x3030303030303030
  value = value * 10 + (value >> 8)
  const mask: u64 = 0x000000ff000000ff
  return ((value & mask) * 0x000f424000000064 + ((value >> 16) & mask) * 0x0000271000000001) >> 32
}

// What `NumberReading.read` makes of a number: its value, its first digits, those behind them and where the point is.
function readNumber(leaf: usize, start: usize, stop: usize): void {
  store<i32>(leaf, UNREADABLE, 44)
  const isNegative = load<u8>(start) == 0x2d
  let at = isNegative ? start + 1 : start
  let head: i64 = 0
  let digits = 0
  let scale = 0
  let isFraction = false
  for (; at < stop && digits < SAFE_DIGITS; at++) {
    const digit = <i32>load<u8>(at) - 0x30
    if (digit >= 0 && digit <= 9) {
      head = head * 10 + digit
      if (head != 0) digits++
      if (isFraction) scale++
    } else if (digit == -2) {
      isFraction = true
      if (head == 0 || digits > SAFE_DIGITS - 8) continue
      const eight = load<u64>(at, 1)
      if (at + 8 >= stop || !areDigits(eight)) continue
      head = head * 100000000 + <i64>valueOf(eight)
      digits += 8
      scale += 8
      at += 8
    } else return
  }
  let tail = 0
  let tailLength = 0
  let zeros = 0
  for (; at < stop; at++) {
    const digit = <i32>load<u8>(at) - 0x30
    if (digit > 0 && digit <= 9) {
      tailLength += zeros + 1
      if (tailLength <= 2) tail = tail * (zeros == 1 ? 100 : 10) + digit
      zeros = 0
    } else if (digit == 0) zeros++
    else if (digit == -2) isFraction = true
    else return
    if (digit >= 0 && !isFraction) return
  }
  if (scale > EXACT_POWER_MAX - 2) return
  const value = <f64>head / load<f64>(POWERS + (<usize>scale << 3))
  store<f64>(leaf, isNegative && head != 0 ? -value : value, 24)
  store<f64>(leaf, <f64>head, 32)
  store<i32>(leaf, tail, 40)
  // More digits than a double has are as good as any such number.
  store<i32>(leaf, (min(tailLength, 3) << 8) | scale, 44)
}

// @ts-ignore: decorator
@inline
function skipValue(start: usize): usize {
  const first = load<u8>(start)
  if (first == 0x22) {
    let at = findQuoteNear(start + 1)
    while (at < end && load<u8>(at) != 0x22) at = findQuote(at + 2)
    return at + 1
  }
  if (first == 0x7b || first == 0x5b) return skipRest(start + 1)
  const at = skipScalar(start)
  return at == start ? end : at
}

/** As `findQuote`, for what is mostly short. */
// @ts-ignore: decorator
@inline
function findQuoteNear(start: usize): usize {
  const bytes = v128.load(start)
  const quotes = i8x16.eq(bytes, i8x16.splat(0x22))
  const found = i8x16.bitmask(v128.or(quotes, i8x16.eq(bytes, i8x16.splat(0x5c))))
  return found != 0 ? start + ctz(found) : findQuote(start + 16)
}

/** The next quote or backslash, or the end. */
function findQuote(start: usize): usize {
  let at = start
  const quotes = i8x16.splat(0x22)
  const backslashes = i8x16.splat(0x5c)
  while (at < end) {
    const bytes = v128.load(at)
    const found = i8x16.bitmask(v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, backslashes)))
    if (found != 0) {
      at += ctz(found)
      return at < end ? at : end
    }
    at += 16
  }
  return end
}

// Numbers and literals: up to what may stand behind a value.
function skipScalar(start: usize): usize {
  let at = start
  while (at < end) {
    const bytes = v128.load(at)
    const commas = i8x16.eq(bytes, i8x16.splat(0x2c))
    // Both closing brackets differ by one bit.
    const closings = i8x16.eq(v128.or(bytes, i8x16.splat(0x20)), i8x16.splat(0x7d))
    const spaces = i8x16.le_u(bytes, i8x16.splat(0x20))
    const found = i8x16.bitmask(v128.or(v128.or(commas, closings), spaces))
    if (found != 0) {
      at += ctz(found)
      return at < end ? at : end
    }
    at += 16
  }
  return end
}

/** From inside an array or object, between its members, to behind it. */
function skipRest(start: usize): usize {
  let at = start
  let depth = 1
  // All ones while a string is open, none outside.
  let inString: i32 = 0
  while (at < end) {
    const bytes = v128.load(at)
    const folded = v128.or(bytes, i8x16.splat(0x20))
    const opens = i8x16.eq(folded, i8x16.splat(0x7b))
    const closes = i8x16.eq(folded, i8x16.splat(0x7d))
    const escapes = i8x16.eq(bytes, i8x16.splat(0x5c))
    let strings = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x22)))
    // Mostly there are only quotes, if anything.
    if (!v128.any_true(v128.or(v128.or(opens, closes), escapes))) {
      inString ^= -(popcnt(strings) & 1)
      at += 16
      continue
    }
    if (v128.any_true(escapes)) return skipSlowly(at, depth, inString != 0)
    let opening = i8x16.bitmask(opens)
    let closing = i8x16.bitmask(closes)
    if (strings != 0) {
      // Every bit from an opening quote up to the closing one.
      strings ^= strings << 1
      strings ^= strings << 2
      strings ^= strings << 4
      strings ^= strings << 8
    }
    strings ^= inString
    inString = strings << 16 >> 31
    opening &= ~strings
    closing &= ~strings & 0xffff
    opening &= 0xffff
    if (popcnt(closing) < depth) depth += popcnt(opening) - popcnt(closing)
    else {
      let both = opening | closing
      while (both != 0) {
        const bit = both & -both
        if ((closing & bit) == 0) depth++
        else if (--depth == 0) {
          at += ctz(bit) + 1
          return at < end ? at : end
        }
        both ^= bit
      }
    }
    at += 16
  }
  return end
}

// Byte by byte, where there are escapes.
function skipSlowly(start: usize, depthThere: i32, isInString: bool): usize {
  let depth = depthThere
  let isOpen = isInString
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at)
    if (isOpen) {
      if (byte == 0x5c) at++
      else if (byte == 0x22) isOpen = false
    } else if (byte == 0x22) isOpen = true
    else if ((byte | 0x20) == 0x7b) depth++
    else if ((byte | 0x20) == 0x7d && --depth == 0) return at + 1
  }
  return end
}
