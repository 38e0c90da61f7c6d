import { resolve } from 'node:path';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A photo as a person names it: by its id, or by a path from here. */
export function namePhoto(text: string): { readonly id: string } | { readonly path: string } {
  return ID.test(text) ? { id: text.toLowerCase() } : { path: resolve(text) };
}
