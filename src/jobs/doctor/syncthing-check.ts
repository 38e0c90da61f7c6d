import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../../config.ts';
import { adviseOnSharedStorage, adviseOnSyncthing } from '../../core/syncthing-advice.ts';
import type { SyncthingFolder } from '../../core/syncthing-report.ts';
import { systemCodeOf } from '../../errors.ts';
import { isBelow } from '../../io/disk/folders.ts';
import { isSharedBySyncthing } from '../../io/inbox/syncthing-marker.ts';
import { readSyncthing } from '../../io/syncthing.ts';
import { type Check, type Finding, fine, problem, warning } from './finding.ts';

const TIME_LIMIT_MS = 5000;

export const syncthingCheck: Check = {
  name: 'Syncthing',
  run: async ({ config, signal }) => {
    const { syncthingUrl, syncthingApiKey } = config;
    if (syncthingUrl === null) return (await isSharedBySyncthing(config.inboxDir)) ? unasked(config) : [];
    const reading = await readSyncthing(
      { url: syncthingUrl, apiKey: syncthingApiKey, timeoutMs: TIME_LIMIT_MS },
      signal,
    );
    switch (reading.kind) {
      case 'unreachable':
        return [
          problem(`it does not answer at SYNCTHING_URL: ${reading.reason}`, 'Start it, or correct SYNCTHING_URL.'),
        ];
      case 'locked':
        return [
          warning(
            `it runs, but its folders cannot be seen: ${reading.reason}`,
            'Copy the key from Syncthing → Actions → Settings → API Key into SYNCTHING_API_KEY.',
          ),
        ];
      case 'answered':
        return examineFolders(reading.folders, config);
    }
  },
};

async function examineFolders(folders: readonly SyncthingFolder[], config: Config): Promise<readonly Finding[]> {
  const [inbox, storage] = await Promise.all([placeOf(config.inboxDir), placeOf(config.storageDir)]);
  const located = await Promise.all(folders.map(async (folder) => ({ folder, path: await realPath(folder.path) })));
  const overlapping = (place: string) =>
    located.filter(({ path }) => path !== null && (isBelow(path, place) || isBelow(place, path)));
  const atStorage = overlapping(storage);
  const atInbox = overlapping(inbox);
  // In a container Syncthing knows the inbox by a path of its own, which is none here: then it may be any of those.
  const candidates = atInbox.length > 0 ? atInbox : located.filter(({ path }) => path === null);
  const findings = [
    ...atStorage.map(({ folder }) => adviseOnSharedStorage(folder)),
    ...candidates.map(({ folder }) => adviseOnSyncthing(folder, config.ingestMode)),
  ];
  if (candidates.length > 0) return findings;
  return [
    ...findings,
    warning('it shares no folder in the inbox', `Share the phone’s camera folder below ${config.inboxDir}.`),
  ];
}

/** Where one of our own folders is, or will be. */
async function placeOf(path: string): Promise<string> {
  return (await realPath(path)) ?? resolve(path);
}

/** @returns null when nothing is there */
async function realPath(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT' ? null : resolve(path);
  }
}

function unasked({ ingestMode }: Config): readonly Finding[] {
  if (ingestMode === 'copy') return [fine('the inbox is a Syncthing folder; copy mode leaves it alone')];
  return [
    warning(
      'the inbox is a Syncthing folder, and which kind is unknown: with Send & Receive, filing deletes photos on the phone',
      'Set SYNCTHING_URL and SYNCTHING_API_KEY and run this again, or make sure that it is Receive Only.',
    ),
  ];
}
