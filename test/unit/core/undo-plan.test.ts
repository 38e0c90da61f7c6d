import { describe, expect, it } from 'vitest';
import { planUndo, type UndoFacts } from '../../../src/core/undo-plan.ts';

const ASSET = { finalPath: '/s/Originals/a.jpg', isOfThisRun: true, isCurated: false };

function plan(facts: Partial<UndoFacts>, force = false) {
  const stored = { outcome: 'stored', setAsidePath: null, asset: ASSET } as const;
  return planUndo({ ...stored, isSharedWithOtherRun: false, wasFiledAgain: false, ...facts }, { force });
}

describe('planUndo', () => {
  it('moves the photo that the run filed, and its row goes', () => {
    expect(plan({})).toEqual({ kind: 'give-back', from: ASSET.finalPath, isMoved: true, row: 'goes' });
  });

  it('makes a duplicate again from the photo, which stays', () => {
    expect(plan({ outcome: 'duplicate' })).toMatchObject({ from: ASSET.finalPath, isMoved: false, row: 'stays' });
  });

  it('brings a duplicate that was set aside from where it lies, though the photo is gone', () => {
    const facts = { outcome: 'duplicate', setAsidePath: '/s/Duplicates/a.jpg' } as const;
    for (const asset of [ASSET, null])
      expect(plan({ ...facts, asset })).toMatchObject({ from: '/s/Duplicates/a.jpg', isMoved: true, row: 'stays' });
  });

  it('leaves the photo to another run that filed the same content', () => {
    expect(plan({ isSharedWithOtherRun: true })).toMatchObject({ isMoved: false, row: 'inherited' });
  });

  it('never takes away a photo that another run filed', () => {
    expect(plan({ asset: { ...ASSET, isOfThisRun: false } })).toMatchObject({ isMoved: false, row: 'stays' });
  });

  it('refuses what a person has curated, unless told to; a duplicate of it takes nothing away', () => {
    const asset = { ...ASSET, isCurated: true };
    expect(plan({ asset })).toEqual({ kind: 'refuse', code: 'UNDO_CURATED' });
    expect(plan({ asset }, true)).toMatchObject({ row: 'goes' });
    expect(plan({ asset, outcome: 'duplicate' })).toMatchObject({ row: 'stays' });
  });

  it('refuses what a later run filed again, and what the ledger no longer has', () => {
    expect(plan({ wasFiledAgain: true }, true)).toEqual({ kind: 'refuse', code: 'UNDO_LATER_RUN' });
    expect(plan({ asset: null }, true)).toEqual({ kind: 'refuse', code: 'UNDO_NO_PHOTO' });
  });
});
