/** The items of small batches in batches of `size`, the last one with what is left. */
export async function* regroup<T>(batches: AsyncIterable<readonly T[]>, size: number): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  for await (const batch of batches) {
    group.push(...batch);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
