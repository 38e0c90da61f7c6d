import type { ProtectingLine } from './protecting-lines.ts';

/** The lines of what is done with photos and sidecars that are stored: filed anew, taken back, recorded again, relocated. */
export const STORED_LINES: readonly ProtectingLine[] = [
  {
    holds: 'I2',
    what: 'a storage that somebody copied is synced before rows lead there',
    file: 'src/jobs/relocate.ts',
    line: 'await secureStorage(to, asked.signal)',
    instead: 'void secureStorage',
    test: 'test/integration/power-cut/power-cut.test.ts',
    name: 'relocate, after a person copied',
  },
  {
    holds: 'I2',
    what: 'a stored file is looked for twice, and the storage in between, before what belongs to it is given up',
    file: 'src/stages/ingest-recorded.ts',
    line: `  await requireStorage();
  return await openStoredFile(path);
`,
    instead: `  void requireStorage;
  return null;
`,
    test: 'test/faults/disk-moves.test.ts',
    name: 'what is filed by the better date of a sidecar > ENOENT at any call',
  },
  {
    holds: 'I2',
    what: 'what a sidecar says is read from the bytes that are stored of it',
    file: 'src/stages/ingest-read-sidecar.ts',
    line: `createHash('sha256').update(bytes).digest('hex') !== sha256`,
    instead: '(sha256 === null || createHash === undefined)',
    test: 'test/faults/disk-sidecars.test.ts',
    name: 'a sidecar: one that waited for its photo > flip at any call',
  },
  {
    holds: 'I8',
    what: 'a sidecar waits with its date for a photo whose file is missing',
    file: 'src/jobs/apply-sidecars.ts',
    line: `    if (end.kind === 'damaged') return 'not yet'; // until it is put back, or gone from the ledger
`,
    test: 'test/integration/dates/missing-photo.test.ts',
    name: 'a sidecar waits with its date',
  },
  {
    holds: 'I3',
    what: 'a photo that is filed anew does not take the name of another one’s sidecar',
    file: 'src/stages/ingest-refile.ts',
    line: 'path === of.path ? [] : [basename(path)]',
    instead: '[] as string[]',
    test: 'test/integration/dates/sidecars.test.ts',
    name: 'also to where another one has its name and its content',
  },
  {
    holds: 'I2',
    what: 'a former name stays when a row has it again',
    file: 'src/stages/ingest-refile.ts',
    line: 'if (recorded.size === 0) await',
    instead: 'await',
    test: 'test/integration/dates/sidecars.test.ts',
    name: 'keeps a name that was still to go',
  },
  {
    holds: 'I1',
    what: 'undo reads the stored file again before it gives it back',
    file: 'src/stages/undo-place.ts',
    line: '!(await hasContent(tools, stored, file.fileHash))',
    instead: 'false',
    test: 'test/integration/undo/refusals.test.ts',
    name: 'when the stored original has other content',
  },
  {
    holds: 'I1, I6',
    what: 'undo removes the stored file only while the inbox has what was put there',
    file: 'src/stages/undo-batch.ts',
    line: 'now === null || !isSameContentState(now, identity)',
    instead: 'false',
    test: 'test/integration/undo/mishaps.test.ts',
    name: 'an inbox file that is written to is not the photo any more',
  },
  {
    holds: 'I1, I6',
    what: 'a start reads the inbox file again before it removes what undo had still to remove',
    file: 'src/stages/undo-finish.ts',
    line: '(await findContent(tools, file, path)) === null',
    instead: 'false',
    test: 'test/integration/undo/mishaps.test.ts',
    name: 'stays while the inbox file is other content',
  },
  {
    holds: 'I1',
    what: 'a photo that another run leans on stays in the library',
    file: 'src/core/undo-plan.ts',
    line: `  if (isSharedWithOtherRun) return { ...copy, row: 'inherited' };
`,
    test: 'test/integration/undo/later-runs.test.ts',
    name: 'a photo stays when a later run filed the same content and let its duplicate go by (remove)',
  },
  {
    holds: 'I2',
    what: 'nothing is filed into a storage that was moved',
    file: 'src/factory.ts',
    line: `  if (known !== null) throw new FactoryError('STORAGE_MOVED', { path: storageDir, known });
`,
    test: 'test/integration/relocate.test.ts',
    name: 'is not filed into before the ledger knows',
  },
  {
    holds: 'I2',
    what: 'adopt looks at a file once more before it gets its row',
    file: 'src/jobs/record-originals/record-batch.ts',
    line: 'if (message === null) still.push(photo);',
    instead: 'if (message === null || true) still.push(photo);',
    test: 'test/integration/verify/adopt.test.ts',
    name: 'does not write a row for a file that is gone by then',
  },
];
