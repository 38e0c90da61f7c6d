import type { ProtectingLine } from './protecting-lines.ts';

/** The lines of src/io/disk. */
export const DISK_LINES: readonly ProtectingLine[] = [
  {
    holds: 'I1, I6',
    what: 'the inbox copy goes only if the stored photo is still there once its inbox name is away',
    file: 'src/io/disk/release-source.ts',
    line: 'kept?.sizeBytes !== identity.sizeBytes',
    instead: 'false',
    test: 'test/integration/disk/release-source.test.ts',
    name: 'keeps a photo whose inbox name and stored name are one and the same',
  },
  {
    holds: 'I1, I6',
    what: 'a file under its private name is looked at before it is removed',
    file: 'src/io/disk/release-source.ts',
    line: `  if (!isSameContentState(now, file.identity)) {
    await giveBack(path, file.path);
    return 'replaced';
  }
`,
    test: 'test/integration/disk/release-source.test.ts',
    name: 'gives a stranger back its name',
  },
  {
    holds: 'I5',
    what: 'a stranger gets its name back by a link, which takes nobody else’s',
    file: 'src/io/disk/release-source.ts',
    line: `    await disk.link(path, name);
    return 'linked';
`,
    instead: `    await disk.rename(path, name);
    return 'renamed';
`,
    test: 'test/integration/disk/release-source.test.ts',
    name: 'gives a stranger back its name',
  },
  {
    holds: 'I1',
    what: 'a private folder that vanished is not taken for an inbox file that did',
    file: 'src/io/disk/release-source.ts',
    line: `if ((await readIdentity(file.path)) === null) return 'gone';`,
    instead: `if (systemCodeOf(error) === 'ENOENT') return 'gone';`,
    test: 'test/integration/disk/release-source.test.ts',
    name: 'does not take a private folder that vanished',
  },
  {
    holds: 'I5',
    what: 'a final name is made by a link, never by a rename',
    file: 'src/io/disk/place-original.ts',
    line: `    await disk.link(source.path, path);
`,
    instead: `    await disk.rename(source.path, path);
`,
    test: 'test/integration/disk/place-original.test.ts',
    name: 'never overwrites what took the name after its folder was read',
  },
  {
    holds: 'I5',
    what: 'a name that is on the disk counts as taken in every spelling',
    file: 'src/io/disk/place-original.ts',
    line: `      keysOnDisk.has(nameKey(name)) ||
`,
    test: 'test/integration/disk/place-original.test.ts',
    name: 'never overwrites: other content gets digits of its own hash',
  },
  {
    holds: 'I3',
    what: 'a name that only the ledger knows counts as taken',
    file: 'src/io/disk/place-original.ts',
    line: `      keysInLedger.has(nameKey(name)) ||
`,
    test: 'test/integration/disk/place-original.test.ts',
    name: 'keeps away from a name that only the ledger knows',
  },
  {
    holds: 'I2',
    what: 'what was linked is compared with what was read',
    file: 'src/io/disk/place-original.ts',
    line: 'isSameContentState(linked, source.identity) && isSameContentState(await identityNow(source), source.identity)',
    instead: 'true || linked',
    test: 'test/integration/disk/place-original.test.ts',
    name: 'does not file a stranger who took the name',
  },
  {
    holds: 'I2, I4',
    what: 'what is adopted has the bytes of this photo',
    file: 'src/io/disk/place-original.ts',
    line: '!isSameContentState(stored.identity, source.identity) && (await hashOf(tools.hasher, stored)) !== sha256',
    instead: 'false',
    test: 'test/integration/disk/place-original.test.ts',
    name: 'takes other content of the same size for what it is',
  },
  {
    holds: 'I4',
    what: 'unfinished copies are removed at start',
    file: 'src/io/disk/private-folder.ts',
    line: `    await rm(path, { force: true, recursive: true });
`,
    test: 'test/integration/disk/place-original.test.ts',
    name: 'sweeps up after a crash',
  },
  {
    holds: 'I4',
    what: 'an empty placeholder that a crash left is removed at start, and nothing else',
    file: 'src/io/disk/private-folder.ts',
    line: 'stat?.isFile() === true && stat.size === 0',
    instead: 'stat?.isFile() === true',
    test: 'test/integration/disk/place-original.test.ts',
    name: 'sweeps up after a crash',
  },
  {
    holds: 'I1',
    what: 'nothing is filed into a folder that had to be made where the storage is no longer mounted',
    file: 'src/io/disk/folders.ts',
    line: `    await requireStorage();
`,
    test: 'test/integration/disk/place-original.test.ts',
    name: 'files nothing into a folder that it had to make',
  },
  {
    holds: 'I1',
    what: 'no day folder leads out of Originals',
    file: 'src/io/disk/folders.ts',
    line: 'isBelow(realRoot, realPath)',
    instead: 'true',
    test: 'test/integration/disk/place-original.test.ts',
    name: 'refuses a day folder that is a link',
  },
  {
    holds: 'I7',
    what: 'an original that copy mode adopts gets bytes of its own',
    file: 'src/io/disk/place-original.ts',
    line: `  if (!tools.mayShareInode) await separateOriginal(tools, source, { sha256, path });
`,
    test: 'test/integration/ingest/copy-mode.test.ts',
    name: 'before it was recorded, what it linked',
  },
  {
    holds: 'I2',
    what: 'kill -9: a photo that a crash left under its final name is adopted',
    file: 'src/io/disk/place-original.ts',
    line: `  return { kind: 'placed', path, created: false };
`,
    instead: `  return null;
`,
    test: 'test/integration/crash/program.test.ts',
    name: 'link (ingest)',
  },
  {
    holds: 'I4',
    what: 'kill -9: a copy is written under a private name',
    file: 'src/io/disk/copy-original.ts',
    line: 'return { path: join(folder, randomUUID()), mtimeNs: identity.mtimeNs };',
    instead: `return { path: join(folder, '../../Originals', randomUUID()), mtimeNs: identity.mtimeNs };`,
    test: 'test/integration/crash/program.test.ts',
    name: 'other volume',
  },
  {
    holds: 'I8',
    what: 'kill -9: the storage’s marker is made where a start clears up',
    file: 'src/io/disk/storage-marker.ts',
    line: 'join((await requirePrivateFolder(storageDir)).incoming, randomUUID())',
    instead: 'join(storageDir, randomUUID())',
    test: 'test/integration/crash/program.test.ts',
    name: 'first start',
  },
  {
    holds: 'I1',
    what: 'a name that a crash left given back in half is not given back a second time',
    file: 'src/io/disk/release-source.ts',
    line: `  if (await isSameFile(path, name)) return 'linked'; // a crash came between the two
`,
    test: 'test/integration/disk/release-source.test.ts',
    name: 'takeBackSource: a name that a crash left given back in half',
  },
  {
    holds: 'I1',
    what: 'undo takes what lies in the inbox for the photo only if its bytes are the same',
    file: 'src/io/disk/put-back.ts',
    line: `  if (!isSameFile && (await hashOf(hasher, there)) !== sha256) return 'taken';
`,
    test: 'test/integration/undo/refusals.test.ts',
    name: 'when a file has its place in the inbox',
  },
  {
    holds: 'I1',
    what: 'undo looks at what it has linked',
    file: 'src/io/disk/put-back.ts',
    line: 'if (isSameContentState(linked, stored.identity)) return linked;',
    instead: 'return linked;',
    test: 'test/integration/undo/mishaps.test.ts',
    name: 'a stored name that is given to another file is noticed',
  },
  {
    holds: 'I2',
    what: 'a sync of a folder answers only for names that were given before it began',
    file: 'src/io/disk/folders.ts',
    line: 'if (before?.hasBegun === false) return',
    instead: 'if (before !== undefined) return',
    test: 'test/integration/disk/folders.test.ts',
    name: 'never answers for a name',
  },
  {
    holds: 'I6',
    what: 'a file that is closed once is not closed again under a number that is another’s',
    file: 'src/io/disk/calls.ts',
    line: `    this.#fd = CLOSED;
`,
    test: 'test/integration/disk/calls.test.ts',
    name: 'close a file once',
  },
  {
    holds: 'I8',
    what: 'nobody waits in the main thread for what is mounted below a disk',
    file: 'src/io/disk/calls.ts',
    line: '  for (const mounted of await readMountsBelow(folder)) folders.set(mounted + sep, null);\n',
    test: 'test/integration/disk/calls.test.ts',
    name: 'waits below it where something else is mounted',
  },
  {
    holds: 'I8',
    what: 'a photo that a thread died over is not parsed in the main thread',
    file: 'src/io/metadata/metadata-reader.ts',
    line: 'metadata === undefined ?',
    instead: '!metadata ?',
    test: 'test/integration/metadata/metadata-reader.test.ts',
    name: 'does not read in this thread',
  },
  {
    holds: 'I5',
    what: 'a copy gets its final name by a link, too',
    file: 'src/io/disk/give-name.ts',
    line: `    await disk.link(copy.path, path);
`,
    instead: `    await disk.rename(copy.path, path);
`,
    test: 'test/integration/disk/place-original.test.ts',
    name: 'never overwrites what took the name while the copy was made',
  },
  {
    holds: 'I2',
    what: 'a photo that is written to while it is read is no photo yet',
    file: 'src/io/disk/source-file.ts',
    line: `  if (!(await isStillUntouched(source))) return null;
  if (reading.kind === 'media') {`,
    instead: `  if (reading.kind === 'media') {`,
    test: 'test/integration/disk/source-file.test.ts',
    name: 'is no photo yet, whatever was read of it',
  },
  {
    holds: 'I2',
    what: 'a file that is written to while it is read has no hash',
    file: 'src/io/disk/source-file.ts',
    line: '(await isStillUntouched(source)) ? requireWhole(source, read) : null',
    instead: 'requireWhole(source, read)',
    test: 'test/integration/disk/source-file.test.ts',
    name: 'has no fingerprint',
  },
  {
    holds: 'I1, I2',
    what: 'no link is followed to bytes that lie elsewhere',
    file: 'src/io/disk/source-file.ts',
    line: ' | constants.O_NOFOLLOW',
    test: 'test/integration/hostile/strange-files.test.ts',
    name: 'files into no folder of the storage that leads out of it, and into no link',
  },
  {
    holds: 'I2, I4',
    what: 'a copy is read again, and is what was read of the photo',
    file: 'src/io/disk/copy-original.ts',
    line: '(await hashCopy(hasher, { path, target, sizeBytes }, signal)) === sha256',
    instead: 'true || (await hashCopy(hasher, { path, target, sizeBytes }, signal)) === sha256',
    test: 'test/faults/hash-threads.test.ts',
    name: 'flip (1 times): failed COPY_MISMATCH',
  },
  {
    holds: 'I7',
    what: 'a file that has another name elsewhere is copied',
    file: 'src/io/disk/place-original.ts',
    line: `  if (await hasOtherNames(source)) return null;
`,
    test: 'test/integration/disk/place-original.test.ts',
    name: 'never shares its bytes with another name that the inbox file has elsewhere',
  },
  {
    holds: 'I7',
    what: 'the whole program: a file that has another name elsewhere is copied',
    file: 'src/io/disk/place-original.ts',
    line: `  if (await hasOtherNames(source)) return null;
`,
    test: 'test/integration/hostile/strange-files.test.ts',
    name: 'stores a copy of a file that has another name elsewhere',
  },
  {
    holds: 'I6',
    what: 'a file is the same one only with its inode, its size and its time',
    file: 'src/core/inbox-file.ts',
    line: 'a.device === b.device && a.inode === b.inode && a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs',
    instead: 'a.device === b.device',
    test: 'test/integration/disk/release-source.test.ts',
    name: 'never removes another file that took the name',
  },
  {
    holds: 'I5',
    what: 'what somebody else gave one of our private names is not ours to give back',
    file: 'src/io/disk/release-source.ts',
    line: `  if (await isSomebodyElses(path, now, file)) return 'not ours';
`,
    test: 'test/integration/disk/release-source.test.ts',
    name: 'touches no file of somebody else’s',
  },
  {
    holds: 'I1, I6',
    what: 'at every moment: a file under its private name is looked at before it is removed',
    file: 'src/io/disk/release-source.ts',
    line: `  if (!isSameContentState(now, file.identity)) {
    await giveBack(path, file.path);
    return 'replaced';
  }
`,
    test: 'test/integration/real/replaced.test.ts',
    name: 'an inbox file that is replaced by another, at whatever moment',
  },
  {
    holds: 'I1',
    what: 'the whole program: the inbox copy goes only if the stored photo is still there',
    file: 'src/io/disk/release-source.ts',
    line: 'kept?.sizeBytes !== identity.sizeBytes',
    instead: 'false',
    test: 'test/integration/ingest/ingest-once.test.ts',
    name: 'keeps a photo that the inbox and Originals show as one and the same',
  },
  {
    holds: 'I1',
    what: 'undo: the stored file goes only if the inbox still has the photo once its stored name is away',
    file: 'src/io/disk/release-source.ts',
    line: 'kept?.sizeBytes !== identity.sizeBytes',
    instead: 'false',
    test: 'test/integration/undo/mishaps.test.ts',
    name: 'an inbox file that vanishes in the last moment',
  },
  {
    holds: 'I6',
    what: 'undo: a stored file under its private name is looked at before it is removed',
    file: 'src/io/disk/release-source.ts',
    line: `  if (!isSameContentState(now, file.identity)) {
    await giveBack(path, file.path);
    return 'replaced';
  }
`,
    test: 'test/integration/undo/mishaps.test.ts',
    name: 'a stored file that is replaced is not removed',
  },
  {
    holds: 'I5',
    what: 'undo gives an inbox name by a link, which takes nobody else’s',
    file: 'src/io/disk/put-back.ts',
    line: 'await link(stored.path, path);',
    instead: `await link(stored.path, path).catch(async () => (await import('node:fs/promises')).rename(stored.path, path));`,
    test: 'test/integration/undo/mishaps.test.ts',
    name: 'a file that takes the place in the inbox keeps it',
  },
];
