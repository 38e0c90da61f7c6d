/** Tests that name a promise (I1 to I8), and that no single line is enough to fail. */
export const HELD_TOGETHER: readonly { readonly test: string; readonly name: string; readonly why: string }[] = [
  {
    test: 'test/integration/undo/crash.test.ts',
    name: 'keeps every photo whole at every moment',
    why: 'a crash matrix: each line of undo matters at some moments, and a run tries one of them, by chance',
  },
  {
    test: 'test/unit/power-cut/check.test.ts',
    name: '',
    why: 'tests the judge of the power cuts, which is no part of the program',
  },
];
