import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { moveByDate } from '../contestants/exiftool.ts';
import { createLibrary } from '../contestants/ours.ts';
import { mustRun } from '../contestants/timed.ts';
import { findCorpus } from '../corpus.ts';
import { aside, OF_THE_HOUR, ratio } from '../figures/figure.ts';
import { ratiosOf, spreadOf } from '../figures/statistics.ts';
import { countFiles } from '../inputs/inbox.ts';
import type { Case } from './case.ts';
import { cpuSecondsOf, secondsOf, takeTurns } from './rounds.ts';

/** Real photos of all kinds, RAW and video among them, beside exiftool moving them by date. */
export const mixCase: Case = {
  name: 'mix',
  inQuick: false,
  run: async (tools) => {
    const { folder, say } = tools;
    const known = findCorpus();
    if (known === null) {
      say('there are no real photos here; PHOTOS_CORPUS names a folder of them');
      return null;
    }
    const corpus = join(known, 'files');
    const library = createLibrary(join(folder, 'library'));
    const bring = async (to: string) => {
      await rm(to, { recursive: true, force: true });
      await mustRun(['cp', '-r', corpus, to]);
      await mustRun(['chmod', '-R', 'u+w', to]);
      await mustRun(['sync', '-f', to]);
    };
    const peer = async () => {
      const inbox = join(folder, 'inbox-of-exiftool');
      const moved = join(folder, 'moved');
      await rm(moved, { recursive: true, force: true });
      await bring(inbox);
      return await moveByDate(inbox, moved, ['FileModifyDate', 'CreateDate', 'DateTimeOriginal']);
    };
    const refill = () => bring(library.inbox);
    await library.startAfresh();
    await refill();
    const rounds = await takeTurns({ library, floor: peer, refill, stored: null }, tools);
    const peerSeconds = secondsOf(rounds.floor);
    const seconds = secondsOf(rounds.ours);
    return {
      name: 'mix',
      what: `${await countFiles(corpus)} real files of all kinds`,
      floorSpread: spreadOf(peerSeconds),
      figures: [
        {
          ...ratio('exiftool moving by date ÷ ingest', ratiosOf(peerSeconds, seconds), { atLeast: 2 }),
          ...OF_THE_HOUR,
        },
        {
          ...ratio('CPU time of exiftool ÷ of ingest', ratiosOf(cpuSecondsOf(rounds.floor), cpuSecondsOf(rounds.ours))),
          better: 'more',
          isSteady: true,
        },
        aside('exiftool moving by date', 's', peerSeconds),
        aside('ingest, the whole command', 's', seconds),
        aside(
          'filing alone, as the summary says',
          's',
          rounds.ours.map(({ summary }) => summary.seconds),
        ),
      ],
    };
  },
};
