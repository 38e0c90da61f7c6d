/** Counts beside the work, so that the time left can be told; a guess that only grows better. */
export function countAhead(batches: AsyncIterable<readonly unknown[]>): { readonly files: number } {
  const found = { files: 0 };
  const count = async () => {
    for await (const batch of batches) found.files += batch.length;
  };
  count().catch(() => undefined); // the walk that matters will say what is wrong
  return found;
}
