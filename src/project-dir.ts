import { dirname } from 'node:path';

/** Where this program lies, with its migrations and its `.env`: above `src`, and above the `dist` that is made of it. */
export const PROJECT_DIR = dirname(import.meta.dirname);
