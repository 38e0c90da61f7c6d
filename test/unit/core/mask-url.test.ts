import { expect, it } from 'vitest';
import { maskUrl } from '../../../src/core/mask-url.ts';

it.each([
  ['postgres://ada:hunter2@db:5432/photos', 'postgres://ada:***@db:5432/photos'],
  [
    'postgres://ada@db/photos?password=hunter2&sslmode=require',
    'postgres://ada@db/photos?password=***&sslmode=require',
  ],
  ['postgres://db/photos', 'postgres://db/photos'],
  ['postgres://ada:p%40ss:w@db/photos', 'postgres://ada:***@db/photos'],
  ['ada:hunter2@', '***'],
])('shows %s as %s', (url, shown) => {
  expect(maskUrl(url)).toBe(shown);
});
