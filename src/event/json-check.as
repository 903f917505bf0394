// The check of `json-check.ts` (which says what is wrong with a text that this does not pass, and is what runs where
// there is no WebAssembly) in AssemblyScript, sixteen bytes at a time. Compiled by `tools/kernel.ts` into
// `json-check-kernel.ts`.

// Where things lie in memory; `fast-json-check.ts` writes the text.
const LEVELS: usize = 1024
const LEVEL_BYTES: usize = 16
const LEVELS_MAX: i32 = 1024
const NAMES: usize = LEVELS + LEVEL_BYTES * 1024
const NAMES_MAX: i32 = 4096
const TEXT: usize = NAMES + 8 * 4096
const TEXT_BYTES: usize = 1048576

// A level: whether it is an object, the first of its names, and bits by the hashes of its names.
const FIRST_NAME: usize = 4
const NAME_BITS: usize = 8

/** Names of one object that are compared with each other. */
const COMPARED_MAX: i32 = 64

const NOT_PASSED: i32 = 0
const PASSED: i32 = 1
const PASSED_PLAIN: i32 = 2

// Not an address: nothing was passed.
const FAULT: usize = 0

let depth: i32 = 0
let namesEnd: i32 = 0
let isPlain: bool = true
let hasEscapes: bool = false

export function textAddress(): usize {
  return TEXT
}
export function textBytes(): usize {
  return TEXT_BYTES
}
export function levelsMax(): i32 {
  return LEVELS_MAX
}

/** Whether the text is one JSON value, and whether all names in it are known to be plain. */
export function check(length: usize, depthMax: i32): i32 {
  const end = TEXT + length
  // Zeros end whatever is read: they are neither space nor part of anything.
  v128.store(end, i8x16.splat(0))
  v128.store(end, i8x16.splat(0), 16)
  depth = 0
  namesEnd = 0
  isPlain = true
  const behind = scanDocument(skipSpace(TEXT), depthMax)
  if (behind == FAULT || skipSpace(behind) != end) return NOT_PASSED
  return isPlain ? PASSED_PLAIN : PASSED
}

// Every scanner takes the address where its thing begins and answers the one behind it, or FAULT.
function scanDocument(start: usize, depthMax: i32): usize {
  let at = start
  while (true) {
    const first = load<u8>(at)
    if (first == 0x22) {
      at = scanString(at + 1)
      if (at == FAULT) return FAULT
    } else if (first == 0x7b || first == 0x5b) {
      if (depth >= depthMax || depth >= LEVELS_MAX) return FAULT
      at = skipSpace(at + 1)
      if (load<u8>(at) == first + 2) at++
      else {
        push(first == 0x7b)
        if (first == 0x5b) continue
        at = scanName(at)
        if (at == FAULT) return FAULT
        continue
      }
    } else {
      at = scanScalar(at, first)
      if (at == FAULT) return FAULT
    }
    while (true) {
      if (depth == 0) return at
      at = skipSpace(at)
      const inObject = load<i32>(LEVELS + <usize>(depth - 1) * LEVEL_BYTES) != 0
      const byte = load<u8>(at)
      if (byte == 0x2c) {
        at = skipSpace(at + 1)
        if (inObject) {
          at = scanName(at)
          if (at == FAULT) return FAULT
        }
        break
      }
      if (byte != (inObject ? 0x7d : 0x5d)) return FAULT
      depth--
      namesEnd = load<i32>(LEVELS + <usize>depth * LEVEL_BYTES, FIRST_NAME)
      at++
    }
  }
  return FAULT
}

function push(isObject: bool): void {
  const level = LEVELS + <usize>depth * LEVEL_BYTES
  store<i32>(level, isObject ? 1 : 0)
  store<i32>(level, namesEnd, FIRST_NAME)
  store<u64>(level, 0, NAME_BITS)
  depth++
}

// From a name's quote to the first byte of its value.
function scanName(start: usize): usize {
  if (load<u8>(start) != 0x22) return FAULT
  hasEscapes = false
  let at = scanString(start + 1)
  if (at == FAULT) return FAULT
  if (isPlain) noteName(start + 1, at - 1)
  at = skipSpace(at)
  return load<u8>(at) == 0x3a ? skipSpace(at + 1) : FAULT
}

// Two names of one hash count as the same, which may call names repeated that are not.
function noteName(start: usize, end: usize): void {
  if (hasEscapes || namesEnd >= NAMES_MAX) {
    isPlain = false
    return
  }
  let hash: u64 = end - start
  for (let at = start; at < end; at += 16) {
    const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    let bytes = v128.load(at)
    if (end - at < 16) bytes = v128.and(bytes, i8x16.lt_u(places, i8x16.splat(<i8>(end - at))))
    if (v128.any_true(i8x16.eq(bytes, i8x16.splat(0x2e)))) {
      isPlain = false
      return
    }
    hash = (hash ^ <u64>i64x2.extract_lane(bytes, 0)) * 0x9e3779b97f4a7c15
    hash = (rotr<u64>(hash, 29) ^ <u64>i64x2.extract_lane(bytes, 1)) * 0xc2b2ae3d27d4eb4f
    hash ^= hash >> 32
  }
  const level = LEVELS + <usize>(depth - 1) * LEVEL_BYTES
  const bit = <u64>1 << (hash & 63)
  const bits = load<u64>(level, NAME_BITS)
  if ((bits & bit) != 0) {
    const first = load<i32>(level, FIRST_NAME)
    if (namesEnd - first > COMPARED_MAX) isPlain = false
    for (let name = first; name < namesEnd && isPlain; name++) {
      if (load<u64>(NAMES + (<usize>name << 3)) == hash) isPlain = false
    }
  }
  store<u64>(level, bits | bit, NAME_BITS)
  store<u64>(NAMES + (<usize>namesEnd << 3), hash)
  namesEnd++
}

// From behind its opening quote.
function scanString(start: usize): usize {
  let at = start
  while (true) {
    const bytes = v128.load(at)
    const quotes = i8x16.eq(bytes, i8x16.splat(0x22))
    const escapes = i8x16.eq(bytes, i8x16.splat(0x5c))
    // Control characters and, being negative, all that is not ASCII.
    const others = i8x16.lt_s(bytes, i8x16.splat(0x20))
    const stops = i8x16.bitmask(v128.or(v128.or(quotes, escapes), others))
    if (stops == 0) {
      at += 16
      continue
    }
    at += ctz(stops)
    const byte = load<u8>(at)
    if (byte == 0x22) return at + 1
    if (byte == 0x5c) at = scanEscape(at)
    else if (byte < 0x80) return FAULT
    else do at = scanMultibyte(at)
    while (at != FAULT && load<u8>(at) >= 0x80)
    if (at == FAULT) return FAULT
  }
  return FAULT
}

function scanEscape(start: usize): usize {
  hasEscapes = true
  const kind = load<u8>(start, 1)
  if (kind == 0x75) {
    for (let at = start + 2; at < start + 6; at++) {
      const byte = load<u8>(at)
      const letter = byte | 0x20
      if (!(byte >= 0x30 && byte <= 0x39) && !(letter >= 0x61 && letter <= 0x66)) return FAULT
    }
    return start + 6
  }
  const isSimple =
    kind == 0x22 ||
    kind == 0x5c ||
    kind == 0x2f ||
    kind == 0x62 ||
    kind == 0x66 ||
    kind == 0x6e ||
    kind == 0x72 ||
    kind == 0x74
  return isSimple ? start + 2 : FAULT
}

// Table 3-7 of the Unicode standard.
function scanMultibyte(start: usize): usize {
  const lead = load<u8>(start)
  const second = load<u8>(start, 1)
  if (lead < 0xc2 || lead > 0xf4) return FAULT
  const low: u8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80
  const high: u8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return FAULT
  if (lead < 0xe0) return start + 2
  if ((load<u8>(start, 2) & 0xc0) != 0x80) return FAULT
  if (lead < 0xf0) return start + 3
  return (load<u8>(start, 3) & 0xc0) == 0x80 ? start + 4 : FAULT
}

function scanScalar(start: usize, first: u8): usize {
  if (first == 0x74) return load<u32>(start) == 0x65757274 ? start + 4 : FAULT
  if (first == 0x6e) return load<u32>(start) == 0x6c6c756e ? start + 4 : FAULT
  if (first == 0x66) {
    return load<u32>(start, 1) == 0x65736c61 ? start + 5 : FAULT
  }
  let at = first == 0x2d ? start + 1 : start
  if (!isDigit(load<u8>(at))) return FAULT
  at = load<u8>(at) == 0x30 ? at + 1 : skipDigits(at)
  if (load<u8>(at) == 0x2e) {
    if (!isDigit(load<u8>(at, 1))) return FAULT
    at = skipDigits(at + 1)
  }
  if ((load<u8>(at) | 0x20) == 0x65) {
    const sign = load<u8>(at, 1)
    at += sign == 0x2b || sign == 0x2d ? 2 : 1
    if (!isDigit(load<u8>(at))) return FAULT
    at = skipDigits(at)
  }
  return at
}

// @ts-ignore: decorator
@inline
function isDigit(byte: u8): bool {
  return <u8>(byte - 0x30) <= 9
}

// Mostly there are some fifteen of a fraction: eight at once.
function skipDigits(start: usize): usize {
  let at = start
  while (true) {
    const eight = load<u64>(at)
    const high: u64 = 0xf0f0f0f0f0f0f0f0
    const areDigits = ((eight & high) | (((eight + 0x0606060606060606) & high) >> 4)) == 0x3333333333333333
    if (!areDigits) break
    at += 8
  }
  while (isDigit(load<u8>(at))) at++
  return at
}

// @ts-ignore: decorator
@inline
function skipSpace(start: usize): usize {
  return load<u8>(start) > 0x20 ? start : skipSpaces(start)
}

function skipSpaces(start: usize): usize {
  let at = start
  while (true) {
    const byte = load<u8>(at)
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return at
    at++
  }
  return at
}
