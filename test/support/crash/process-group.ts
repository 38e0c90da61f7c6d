import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Processes of its group that are still there after a while; they are ended, since they are ours. */
export async function findLeftBehind(group: number): Promise<readonly string[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (membersOf(group).length === 0) return [];
    await sleep(20);
  }
  const left = membersOf(group);
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  return left.map(({ commandLine }) => commandLine);
}

function membersOf(group: number): readonly { pid: number; commandLine: string }[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // pid (name) state parent group …; a zombie is no longer there.
        const [state, , of] = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        if (Number(of) !== group || state === 'Z') return [];
        return [
          { pid: Number(name), commandLine: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') },
        ];
      } catch {
        return []; // it ended while we looked
      }
    });
}
