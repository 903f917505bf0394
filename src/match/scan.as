// The scan of an event (see `scan.ts`, which says the same in plain TypeScript and is what runs where this cannot)
// in AssemblyScript, sixteen bytes at a time. Compiled by `tools/kernel.ts` into `scan-kernel.ts`.
//
// It gives up, and leaves the event to the other, on a name with escapes, a name with dots that may lead to a field,
// and a name that comes again.
//
// Beside the scan it knows, for each field, which class a value is of: values of one class satisfy the same conditions.
// An event whose fields hold values of classes that were together before has the answer of that time.

// Where things lie in memory; `fast-scan.ts` writes the event and reads what was noted of it.
const EVENT: usize = 1024
const EVENT_BYTES: usize = 1048576
const LEAVES: usize = EVENT + EVENT_BYTES + 64
const LEAF_BYTES: usize = 48
const LEAVES_MAX: usize = 65536
const ELEMENTS: usize = LEAVES + LEAF_BYTES * LEAVES_MAX
const ELEMENT_BYTES: usize = 12
const ELEMENTS_MAX: usize = 65536
const CLASSES: usize = ELEMENTS + ELEMENT_BYTES * ELEMENTS_MAX
const KEY: usize = CLASSES + 4 * LEAVES_MAX

// One part of memory for each of several sets of rules: its image, the answers that are known, then tables, whose
// places `value-classes.ts` chooses. Addresses in it are counted from its beginning.
const PART_BYTES: usize = 262144
const PARTS_MAX: usize = 16
const IMAGE_BYTES: usize = 65536
const ANSWERS_MAX: usize = 512

// An image begins with where its field records are, what its tables are marked with, whether there are any; then the
// root node.
const ROOT: usize = 16

// A field: the look it was last seen in, how it is told, what was seen of it; its table of texts, the mask of that, the
// class of texts that are not in it; its bounds, how many, the classes between and at them, of which the last is that of
// numbers that no double holds; the classes of true, false and null; the credit of its table; its automaton.
const FIELD_BYTES: usize = 64
const IS_LEFT_ALONE: i32 = 1
const IS_LISTED: i32 = 2
// A text that is known gains one, one that is not costs some; once that has used it up, the table rests for a while.
const CREDIT_MAX: i32 = 512
const MISS_COST: i32 = 7
const REST: i32 = 8192
// A text: its bytes, its length, the mark of the image, its class.
const TEXT_BYTES: usize = 32
// An automaton: the width of a row, without its class; where rows begin; which of the row's symbols each byte is. A row
// holds, as halves of words, the row that follows each symbol, and the class of what ends here.
const SYMBOLS: usize = 16
// An answer: its hash, the mark, how many fields; then each field and what was seen of it.
const ANSWER_FIELDS_MAX: i32 = 12
const ANSWER_BYTES: usize = 16 + <usize>ANSWER_FIELDS_MAX * 16
const COUNTS: usize = KEY + 2048
const PARTS: usize = KEY + 4096
const ANSWERS: usize = IMAGE_BYTES
const TABLES: usize = ANSWERS + ANSWERS_MAX * ANSWER_BYTES

// What is seen of a field: the class of its only value, or those of all as bits; and whether any lies in an array.
const MANY: u64 = 1 << 63
const IN_ARRAY: u64 = 1 << 62
const CLASS_BITS: i32 = 56

// Instead of a class: not known and not worth keeping; nothing is known of this field; a text that is not in the table;
// what has a place for its class, counted down from it.
const UNKNOWN: i32 = -1
const NEVER: i32 = -2
const UNLISTED: i32 = -8
const PLACE: i32 = -16
const ROW: i32 = -1048576

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
const SPLITTER: f64 = 134217729
const TOLERANCE: f64 = 4e-14
const DOUBT: f64 = 1e-9
const POWERS: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
])
// Their reciprocals, nearly.
const UNITS: usize = memory.data<f64>([
  1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14,
  1e-15, 1e-16, 1e-17, 1e-18, 1e-19, 1e-20, 1e-21, 1e-22,
])

// Instead of an answer.
const NO_OBJECT: i32 = -1
const GIVES_UP: i32 = -2
const HAS_UNKNOWN: i32 = -3
const MISSES: i32 = -4
const UNASKED: i32 = -5

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
let image: usize = 0
let fields: usize = 0
let mark: i32 = 0
let hasClasses: bool = false
let hasUnknown: bool = false
let isUnasked: bool = false
let looks: i32 = 0
let keyFields: i32 = 0
let keyHash: i32 = 0

export function partsAddress(): usize {
  return PARTS
}
export function partBytes(): usize {
  return PART_BYTES
}
export function partsMax(): usize {
  return PARTS_MAX
}
export function imageBytes(): usize {
  return IMAGE_BYTES
}
export function tablesOffset(): usize {
  return TABLES
}
export function answersMax(): usize {
  return ANSWERS_MAX
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
export function classesAddress(): usize {
  return CLASSES
}


/** How many leaves and elements the latest scan noted, one behind the other. */
export function countsAddress(): usize {
  return COUNTS
}

/** Scans the event by the image at `part`; the number of its answer or, below zero, why there is none. */
export function scan(length: usize, names: i32, part: usize, isAsked: i32): i32 {
  end = EVENT + length
  mode = names
  leaves = 0
  elements = 0
  arrays = 0
  hasGivenUp = false
  image = part
  fields = part + load<u32>(part)
  mark = load<i32>(part, 4)
  hasClasses = load<i32>(part, 8) != 0
  hasUnknown = false
  isUnasked = !hasClasses || isAsked == 0
  // Nothing of an earlier event is taken for this one, and no space is looked for behind it.
  v128.store(end, i8x16.splat(BEHIND))
  v128.store(end, i8x16.splat(BEHIND), 16)
  const start = skipSpace(EVENT)
  if (start >= end || load<u8>(start) != 0x7b) return NO_OBJECT
  scanObject(start, part + ROOT, -1, 1, true)
  if (hasGivenUp) return GIVES_UP
  store<i32>(COUNTS, leaves)
  store<i32>(COUNTS, elements, 4)
  if (isUnasked) return UNASKED
  return hasUnknown ? HAS_UNKNOWN : look()
}

/** The number of the answer that the classes of the latest scan's leaves lead to; all of them are known by now. */
export function look(): i32 {
  looks++
  let count = 0
  for (let leaf = 0; leaf < leaves; leaf++) {
    const class_ = load<i32>(CLASSES + (<usize>leaf << 2))
    if (class_ < 0) return UNASKED
    const address = LEAVES + <usize>leaf * LEAF_BYTES
    const number = load<i32>(address, 20)
    const field = fields + <usize>number * FIELD_BYTES
    const place = load<i32>(address, 12) >= 0 ? IN_ARRAY : 0
    if (load<i32>(field) != looks) {
      if (count == ANSWER_FIELDS_MAX) return UNASKED
      store<i32>(field, looks)
      store<u64>(field, place | class_, 8)
      store<u64>(KEY + (<usize>count << 4), number)
      count++
      continue
    }
    let seen = load<u64>(field, 8)
    if ((seen & MANY) == 0) {
      const first = <i32>seen
      if (first >= CLASS_BITS) return UNASKED
      seen = (seen & IN_ARRAY) | MANY | (<u64>1 << first)
    }
    if (class_ >= CLASS_BITS) return UNASKED
    store<u64>(field, seen | place | (<u64>1 << class_), 8)
  }
  let hash: u64 = count
  for (let index = 0; index < count; index++) {
    const key = KEY + (<usize>index << 4)
    const number = load<u64>(key)
    const seen = load<u64>(fields + <usize>number * FIELD_BYTES, 8)
    store<u64>(key, seen, 8)
    hash = (hash ^ number) * 0x9e3779b97f4a7c15
    hash = ((hash ^ (hash >> 29)) ^ seen) * 0xc2b2ae3d27d4eb4f
    hash ^= hash >> 32
  }
  keyFields = count
  keyHash = <i32>hash
  const first = keyHash & (<i32>ANSWERS_MAX - 1)
  if (isAnswer(first)) return first
  return isAnswer(first ^ 1) ? first ^ 1 : MISSES
}

function isAnswer(slot: i32): bool {
  const answer = image + ANSWERS + <usize>slot * ANSWER_BYTES
  if (load<i32>(answer) != keyHash || load<i32>(answer, 4) != mark) return false
  if (load<i32>(answer, 8) != keyFields) return false
  for (let index = 0; index < keyFields; index++) {
    const at = <usize>index << 4
    const differing = v128.xor(v128.load(answer + at, 16), v128.load(KEY + at))
    if (v128.any_true(differing)) return false
  }
  return true
}

/** Keeps what the latest look did not find; the number that it has from now on. */
export function keep(): i32 {
  const first = keyHash & (<i32>ANSWERS_MAX - 1)
  const isFree = load<i32>(image + ANSWERS + <usize>first * ANSWER_BYTES, 4) != mark
  const slot = isFree ? first : first ^ 1
  const answer = image + ANSWERS + <usize>slot * ANSWER_BYTES
  store<i32>(answer, keyHash)
  store<i32>(answer, mark, 4)
  store<i32>(answer, keyFields, 8)
  memory.copy(answer + 16, KEY, <usize>keyFields << 4)
  return slot
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
      if (length <= 8 || memory.compare(name, image + load<u32>(child, 4), length) == 0) {
        return image + load<u32>(child, 16)
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
  if (kind == 2) readNumber(leaf, start, stop)
  else if (kind == 0 && stop - start <= SHORT_MAX) noteShort(leaf, start, stop - start)
  if (hasClasses) {
    const class_ = classOf(fields + <usize>field * FIELD_BYTES, kind, leaf, start, stop - start)
    store<i32>(CLASSES + (<usize>leaves << 2), class_)
    if (class_ < 0) {
      if (class_ == NEVER) isUnasked = true
      hasUnknown = true
    }
  }
  leaves++
}

function classOf(field: usize, kind: i32, leaf: usize, start: usize, length: usize): i32 {
  const how = load<i32>(field, 4)
  if ((how & IS_LEFT_ALONE) != 0) return NEVER
  if (kind == 0) {
    if (length > SHORT_MAX || load<u32>(field, 16) == 0) return classOfBytes(field, start, length)
    if ((how & IS_LISTED) == 0) return classOfText(field, leaf, start, <i32>length)
    const class_ = findText(field, leaf, <i32>length)
    if (class_ != UNLISTED) return class_
    const other = load<i32>(field, 24)
    return other < 0 ? UNLISTED : other
  }
  if (kind == 1) return UNKNOWN
  if (kind == 2) return classOfNumber(field, leaf)
  const class_ = load<i32>(field + (<usize>(kind - 3) << 2), 44)
  return class_ < 0 ? PLACE - (kind - 3) : class_
}

function classOfText(field: usize, leaf: usize, start: usize, length: i32): i32 {
  let credit = load<i32>(field, 56)
  if (credit < 0) {
    credit++
    store<i32>(field, credit == 0 ? CREDIT_MAX : credit, 56)
    return classOfBytes(field, start, length)
  }
  const known = findText(field, leaf, length)
  if (known != UNLISTED) {
    if (credit < CREDIT_MAX) store<i32>(field, credit + 1, 56)
    return known
  }
  credit -= MISS_COST
  store<i32>(field, credit < 0 ? -REST : credit, 56)
  if (load<u32>(field, 60) == 0) return UNLISTED
  const class_ = classOfBytes(field, start, length)
  if (class_ >= 0) addText(field, leaf, length, class_)
  return class_
}

function findText(field: usize, leaf: usize, length: i32): i32 {
  const table = image + load<u32>(field, 16)
  const text = v128.load(leaf, 24)
  let slot = load<i32>(leaf, 40) & load<i32>(field, 20)
  for (let round = 0; round < 2; round++) {
    const entry = table + <usize>slot * TEXT_BYTES
    if (
      load<i32>(entry, 16) == length &&
      load<i32>(entry, 20) == mark &&
      !v128.any_true(v128.xor(v128.load(entry), text))
    ) {
      const class_ = load<i32>(entry, 24)
      return class_ < 0 ? PLACE - slot : class_
    }
    slot ^= 1
  }
  return UNLISTED
}

/** Of the two places that a text may have, the first if that is free. */
function addText(field: usize, leaf: usize, length: i32, class_: i32): void {
  const table = image + load<u32>(field, 16)
  const slot = load<i32>(leaf, 40) & load<i32>(field, 20)
  const first = table + <usize>slot * TEXT_BYTES
  const entry = load<i32>(first, 20) == mark ? table + <usize>(slot ^ 1) * TEXT_BYTES : first
  v128.store(entry, v128.load(leaf, 24))
  store<i32>(entry, length, 16)
  store<i32>(entry, mark, 20)
  store<i32>(entry, class_, 24)
}

function classOfBytes(field: usize, start: usize, length: usize): i32 {
  const offset = load<u32>(field, 60)
  if (offset == 0) return UNKNOWN
  const automaton = image + offset
  const rows = image + load<u32>(automaton, 4)
  let row: usize = 0
  for (let at = start; at < start + length; at++) {
    const symbol = <usize>load<u8>(automaton + load<u8>(at), SYMBOLS)
    row = load<u16>(rows + ((row + symbol) << 1))
  }
  const class_ = <i32>load<i16>(rows + ((row + load<u32>(automaton)) << 1))
  return class_ < 0 ? ROW - <i32>row : class_
}

function classOfNumber(field: usize, leaf: usize): i32 {
  const count = load<i32>(field, 32)
  if (count < 0) return UNKNOWN
  const classes = image + load<u32>(field, 36)
  if (count == 0) {
    const class_ = load<i32>(classes)
    return class_ < 0 ? PLACE : class_
  }
  const form = load<i32>(leaf, 44)
  if (form < 0) return UNKNOWN
  const value = load<f64>(leaf, 24)
  const tailLength = form >> 8
  const tolerance = tailLength == 0 ? 0 : abs(value) * TOLERANCE
  const low = value - tolerance
  const bounds = image + load<u32>(field, 28)
  let below = 0
  while (below < count && load<f64>(bounds + (<usize>below << 3)) < low) below++
  let place = below * 2
  if (below < count && load<f64>(bounds + (<usize>below << 3)) <= value + tolerance) {
    if (tailLength != 0) return UNKNOWN
    place++
  }
  let class_ = load<i32>(classes + (<usize>place << 2))
  if (tailLength != 0) {
    const oddPlace = count * 2 + 1
    const odd = load<i32>(classes + (<usize>oddPlace << 2))
    // Where no double holds the number it is like no other; mostly that is all the same.
    if (class_ < 0 || class_ != odd) {
      const exact = tailLength > 2 ? 0 : isShortest(leaf, tailLength, (form & 0xff) + tailLength)
      if (exact < 0) return UNKNOWN
      if (exact == 0) {
        place = oddPlace
        class_ = odd
      }
    }
  }
  return class_ < 0 ? PLACE - place : class_
}

// @ts-ignore: decorator
@inline
function highHalf(value: f64): f64 {
  const scaled = SPLITTER * value
  return scaled - (scaled - value)
}

// @ts-ignore: decorator
@inline
function isBelow(left: f64, right: f64): i32 {
  if (left < right * (1 - DOUBT)) return 1
  return left > right * (1 + DOUBT) ? 0 : UNREADABLE
}

// As in `number.ts`: whether a double holds the number exactly, 1 or 0, or neither when that is too close to call.
function isShortest(leaf: usize, tailLength: i32, scale: i32): i32 {
  if (scale > EXACT_POWER_MAX) return UNREADABLE
  const head = load<f64>(leaf, 32)
  const tail = <f64>load<i32>(leaf, 40)
  const power = load<f64>(POWERS + (<usize>scale << 3))
  const step: f64 = tailLength == 1 ? 10 : 100
  const lowest = head - floor(head * 0.03125) * 32
  const high = (head - lowest) * step
  const rest = lowest * step + tail
  const unit = load<f64>(UNITS + (<usize>scale << 3))
  // Nearly the quotient is enough: what it lacks is worked out.
  const quotient = (high + rest) * unit
  const product = quotient * power
  const q1 = highHalf(quotient)
  const q2 = quotient - q1
  const p1 = highHalf(power)
  const p2 = power - p1
  const productRest = q1 * p1 - product + q1 * p2 + q2 * p1 + q2 * p2
  const lack = (high - product - productRest + rest) * unit
  const nearest = quotient + lack
  const distance = lack - (nearest - quotient)
  const bits = reinterpret<u64>(nearest)
  const exponent = (bits >> 52) & 0x7ff
  if ((bits & 0xfffffffffffff) == 0 || exponent <= 53) return UNREADABLE
  const halfUlp = reinterpret<f64>((exponent - 53) << 52)
  const near = isBelow(abs(distance), unit * 0.5)
  if (near != 1) return near
  const digit = <f64>(load<i32>(leaf, 40) % 10)
  const shorter = min(abs(distance - digit * unit), abs(distance + (10 - digit) * unit))
  const within = isBelow(shorter, halfUlp)
  return within < 0 ? UNREADABLE : 1 - within
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

/** The hash of the text that stands where events do; its words are noted as the first leaf's. */
export function shortHash(length: usize): i32 {
  noteShort(LEAVES, EVENT, length)
  return load<i32>(LEAVES, 40)
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
