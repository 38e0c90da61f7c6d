import { watch } from 'node:fs';
import { opendir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countInWords } from '../../core/count-in-words.ts';
import { isForeignFolder } from '../../core/ignore-rules.ts';
import { printable } from '../../core/printable.ts';
import { plural } from '../../core/words.ts';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import { quoteForShell } from '../../io/disk/library-folder.ts';
import { readInbox } from '../../io/inbox/read-inbox.ts';
import { type Check, type Finding, fine, problem, warning } from './finding.ts';

const MAX_FOLDERS = 100_000;
const MAX_FILES = 100_000;
const LIMIT_FILE = '/proc/sys/fs/inotify/max_user_watches';
const RAISE =
  'echo fs.inotify.max_user_watches=524288 | sudo tee /etc/sysctl.d/60-photo-factory.conf && sudo sysctl --system';

export const watchingCheck: Check = {
  name: 'Watching',
  run: async ({ config, signal }) => {
    const { inboxDir, inboxPolling, sweepIntervalMs } = config;
    if (inboxPolling) return [fine(`not watched but walked every ${sweepIntervalMs / 1000} s (INBOX_POLLING)`)];
    const folders = await countFolders(inboxDir, signal);
    if (folders === 0) return [];
    const refused = await tryToWatch(inboxDir);
    if (refused !== null) return [refused];
    const limit = await readWatchLimit();
    const words = `${plural(folders, 'folder')} to watch`;
    if (limit === null) return [fine(words)];
    if (folders > limit)
      return [
        warning(`${words}, but the kernel allows ${countInWords(limit)}: the rest is found by walking only`, RAISE),
      ];
    return [fine(`${words}; the kernel allows ${countInWords(limit)}`)];
  },
};

/** One watch a folder. Stops counting where nobody's limit is that high. */
async function countFolders(root: string, signal: AbortSignal): Promise<number> {
  const open = [root];
  let count = 0;
  for (let folder = open.pop(); folder !== undefined && count < MAX_FOLDERS; folder = open.pop()) {
    signal.throwIfAborted();
    try {
      for await (const entry of await opendir(folder)) {
        if (entry.isDirectory() && !isForeignFolder(entry.name)) open.push(join(folder, entry.name));
      }
      count += 1;
    } catch {
      // gone meanwhile, or not to be entered: not watched either
    }
  }
  return count;
}

function tryToWatch(path: string): Promise<Finding | null> {
  return new Promise((resolve) => {
    const refuse = (error: unknown): void => {
      const isLimit = ['ENOSPC', 'EMFILE'].includes(systemCodeOf(error) ?? '');
      resolve(
        warning(
          `the inbox cannot be watched (${reasonOf(error)}): new files are found by walking it`,
          isLimit ? RAISE : 'echo INBOX_POLLING=true >> .env   # it works, a little later',
        ),
      );
    };
    try {
      const watcher = watch(path);
      watcher.on('error', refuse);
      // Refusals that are not thrown come with the next turn of the loop.
      setImmediate(() => {
        watcher.close();
        resolve(null);
      });
    } catch (error) {
      refuse(error);
    }
  });
}

async function readWatchLimit(): Promise<number | null> {
  try {
    return Number((await readFile(LIMIT_FILE, 'utf8')).trim());
  } catch {
    return null; // no Linux, no limit of this kind
  }
}

export const leftoversCheck: Check = {
  name: 'Inbox',
  run: async ({ config, signal }) => {
    try {
      const { exists, files, isMore, stale } = await readInbox(config.inboxDir, MAX_FILES, signal);
      if (!exists) return [];
      const [first] = stale;
      if (first === undefined) return [fine(`${isMore ? 'more than ' : ''}${plural(files, 'file')} in it`)];
      return [
        warning(
          `files that a crash left under a private name, like ${printable(first)}`,
          'photo-factory ingest   # or start: it finishes or puts back what was begun',
        ),
      ];
    } catch (error) {
      signal.throwIfAborted();
      return [problem(`it cannot be looked into: ${reasonOf(error)}`, `ls -la ${quoteForShell(config.inboxDir)}`)];
    }
  },
};
