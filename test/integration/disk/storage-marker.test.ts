import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MARKER_NAME } from '../../../src/core/library-match.ts';
import { createMarker, readMarker, requireMarker } from '../../../src/io/disk/storage-marker.ts';
import { filesBelow } from '../../support/ingest-rig.ts';

const OURS = { id: '11111111-1111-4111-8111-111111111111', created: '2026-01-01T00:00:00.000Z' };
const THEIRS = { id: '22222222-2222-4222-8222-222222222222', created: '2026-01-01T00:00:00.000Z' };

let storage: string;

beforeEach(async () => {
  storage = await mkdtemp(join(tmpdir(), 'pf-marker-'));
});

afterEach(() => rm(storage, { recursive: true, force: true }));

it('is written once, whole, for a person to understand, and leaves nothing beside it', async () => {
  await createMarker(storage, OURS);
  expect(await readMarker(storage)).toEqual(OURS);
  expect(JSON.parse(await readFile(join(storage, MARKER_NAME), 'utf8')).note).toContain('Photo Factory');
  expect(await filesBelow(storage)).toEqual([MARKER_NAME]);
});

it('never replaces that of another library', async () => {
  await createMarker(storage, THEIRS);
  await expect(createMarker(storage, OURS)).rejects.toMatchObject({ code: 'STORAGE_MISMATCH' });
  expect(await readMarker(storage)).toEqual(THEIRS);
  expect(await filesBelow(storage)).toEqual([MARKER_NAME]);
});

it('is the same for two that make it at once', async () => {
  await Promise.all(Array.from({ length: 8 }, () => createMarker(storage, OURS)));
  expect(await readMarker(storage)).toEqual(OURS);
});

it('counts as absent when a crash left it empty, and can be made then', async () => {
  await writeFile(join(storage, MARKER_NAME), '');
  expect(await readMarker(storage)).toBeNull();
  await createMarker(storage, OURS);
  expect(await readMarker(storage)).toEqual(OURS);
});

it.each(['{', '{"id":"ours","created":"x"}', 'null'])('that reads %s is no reason to go on', async (text) => {
  await writeFile(join(storage, MARKER_NAME), text);
  await expect(readMarker(storage)).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE' });
});

it('is missed as soon as it, or the whole storage, is gone', async () => {
  await createMarker(storage, OURS);
  await expect(requireMarker(storage, OURS.id)).resolves.toBeUndefined();
  await expect(requireMarker(storage, THEIRS.id)).rejects.toMatchObject({ code: 'STORAGE_MISMATCH' });
  await rm(storage, { recursive: true });
  await expect(requireMarker(storage, OURS.id)).rejects.toMatchObject({ code: 'STORAGE_MISMATCH' });
});

it('cannot be made where there is no storage', async () => {
  await expect(createMarker(join(storage, 'gone'), OURS)).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE' });
});
