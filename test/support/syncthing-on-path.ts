import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Before any test with Syncthing: asked for and impossible is a failure, never a skip. */
export async function setup(): Promise<void> {
  try {
    const { stdout } = await promisify(execFile)('syncthing', ['--version']);
    console.log(stdout.split(' ').slice(0, 2).join(' '));
  } catch (error) {
    throw new Error('No syncthing on PATH. Install it (apt-get install syncthing) and run this again.', {
      cause: error,
    });
  }
}
