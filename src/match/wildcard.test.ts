import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { placesAtMost, type Wildcard } from './wildcard.ts'

/** How many places of a wildcard each beginning of a text may have reached, one after the other; the most of them. */
function placesInPlay(pieces: Wildcard, text: string): number {
  const steps = pieces.flatMap((piece, index) =>
    index === 0 ? piece.split('') : ['*', ...piece.split('')],
  )
  const reach = (places: Iterable<number>): Set<number> => {
    const all = new Set(places)
    // What is added while it is walked is walked, too: a star may stand for nothing.
    for (const place of all) if (steps[place] === '*') all.add(place + 1)
    return all
  }
  let places = reach([0])
  let most = places.size
  for (const character of text) {
    const next: number[] = []
    for (const place of places) {
      if (steps[place] === '*') next.push(place)
      else if (steps[place] === character) next.push(place + 1)
    }
    places = reach(next)
    most = Math.max(most, places.size)
  }
  return most
}

test('no text keeps more places in play than a wildcard is said to have at most', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 5 })
  const inner = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 })
  const pieces = fc
    .tuple(piece, fc.array(inner, { maxLength: 3 }), piece)
    .map(([first, between, last]): Wildcard => [first, ...between, last])
  let tight = 0
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(9), { maxLength: 12 }), (wildcard, draws) => {
      // Texts made of its own pieces come furthest.
      const text = draws.map((draw) => wildcard[draw % wildcard.length]!.slice(0, 1 + (draw % 5)))
      const inPlay = placesInPlay(wildcard, text.join(''))
      assert.ok(inPlay <= placesAtMost([wildcard]), `${inPlay} for ${wildcard.join('*')}`)
      if (inPlay * 2 > placesAtMost([wildcard])) tight += 1
    }),
    { numRuns: 3000 },
  )
  assert.ok(tight > 100, `only ${tight} came near`)
})
