import { resolve } from 'node:path';
import type { Config } from '../../config.ts';
import { adviseOnSyncthing } from '../../core/syncthing-advice.ts';
import { hasSyncthingMarker } from '../../io/inbox/read-inbox.ts';
import { readSyncthing } from '../../io/syncthing.ts';
import { type Check, type Finding, fine, problem, warning } from './finding.ts';

const TIME_LIMIT_MS = 5000;

export const syncthingCheck: Check = {
  name: 'Syncthing',
  run: async ({ config, signal }) => {
    const { syncthingUrl, syncthingApiKey } = config;
    if (syncthingUrl === null) return (await hasSyncthingMarker(config.inboxDir)) ? unasked(config) : [];
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
      case 'answered': {
        // In a container Syncthing may know the inbox by another path: then every folder is worth the look.
        const atInbox = reading.folders.filter(({ path }) => resolve(path) === config.inboxDir);
        const folders = atInbox.length > 0 ? atInbox : reading.folders;
        if (folders.length === 0) return [warning('it shares no folder', 'Share the phone’s camera folder with it.')];
        return folders.map((folder) => adviseOnSyncthing(folder, config.ingestMode));
      }
    }
  },
};

function unasked({ ingestMode }: Config): readonly Finding[] {
  if (ingestMode === 'copy') return [fine('the inbox is a Syncthing folder; copy mode leaves it alone')];
  return [
    warning(
      'the inbox is a Syncthing folder, and which kind is unknown: with Send & Receive, filing deletes photos on the phone',
      'Set SYNCTHING_URL and SYNCTHING_API_KEY and run this again, or make sure that it is Receive Only.',
    ),
  ];
}
