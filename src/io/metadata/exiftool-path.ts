import { createRequire } from 'node:module';

/** Where the bundled exiftool is. Asked without the library that talks to it, which takes a while to load. */
export function bundledExiftool(): string {
  const ofLibrary = createRequire(createRequire(import.meta.url).resolve('exiftool-vendored'));
  return String(ofLibrary('exiftool-vendored.pl'));
}
