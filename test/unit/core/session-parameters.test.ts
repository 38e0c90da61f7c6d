import { expect, it } from 'vitest';
import { withoutSessionParameters } from '../../../src/core/session-parameters.ts';

it('takes from a database URL what our sessions set themselves, and nothing else', () => {
  const url = 'postgres://ada:p%40ss@db:5433/photos';
  expect(withoutSessionParameters(url)).toBe(url);
  expect(withoutSessionParameters(`${url}?sslmode=require&application_name=x&TimeZone=Asia/Tokyo`)).toBe(
    `${url}?sslmode=require`,
  );
  expect(withoutSessionParameters(`${url}?CLIENT_ENCODING=LATIN1&DateStyle=SQL`)).toBe(url);
});
