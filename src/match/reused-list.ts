// A list that is filled and cleared for every event. Clearing keeps the memory, which setting an array's length does
// not; what was in it stays referred to until it is written over.

export class ReusedList<T> {
  readonly items: T[] = []
  count = 0

  add(item: T): void {
    this.items[this.count] = item
    this.count += 1
  }

  addAll(items: readonly T[]): void {
    for (let index = 0; index < items.length; index += 1) this.add(items[index]!)
  }
}
