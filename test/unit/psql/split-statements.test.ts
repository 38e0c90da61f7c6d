import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitStatements } from '../../../src/jobs/psql/split-statements.ts';

function split(script: string): readonly string[] {
  const splitter = splitStatements();
  const pieces = script.split(/(?<=\n)/).flatMap((line) => splitter.push(line));
  const rest = splitter.rest();
  return [...pieces, ...(rest === null ? [] : [rest])].map(({ text }) => text);
}

test.each([
  ['semicolons', 'a; b;c', ['a', 'b', 'c']],
  ['quotes', `'a;''b'; "c;""d"`, [`'a;''b'`, `"c;""d"`]],
  ['backslashes only in escape strings', `'a\\'; E'b\\';c'; d`, [`'a\\'`, `E'b\\';c'`, 'd']],
  ['dollar quotes by their tag', '$$a;$$; $x$b;$$;$y$;$x$; $1;', ['$$a;$$', '$x$b;$$;$y$;$x$', '$1']],
  ['no dollar quote inside a name', 'a$b$; c$b$', ['a$b$', 'c$b$']],
  ['comments, also nested', 'a -- b;\n; /* c; /* d; */ ; */ e; f', ['a -- b;\n', '/* c; /* d; */ ; */ e', 'f']],
  ['parentheses', 'a (b; c); d', ['a (b; c)', 'd']],
  ['quotes over lines', `'a;\nb';\nc;`, [`'a;\nb'`, 'c']],
  ['joined statements', 'a \\; b; c', ['a ; b', 'c']],
  [
    'a routine in plain SQL',
    'create function f() begin atomic a; case b end; end; c',
    ['create function f() begin atomic a; case b end; end', 'c'],
  ],
  ['no block outside of one', 'begin; a; end; b', ['begin', 'a', 'end', 'b']],
])('respects %s', (_, script, statements) => {
  expect(split(script)).toEqual(statements);
});

test('drops white space and line comments before a statement, and nothing else', () => {
  expect(split('\n -- first\n\t/* kept */ a -- kept\n b ;')).toEqual(['/* kept */ a -- kept\n b ']);
});

test('a backslash command takes the rest of its line', () => {
  const splitter = splitStatements();
  expect(splitter.push('a; \\d b; c\n')).toEqual([
    { kind: 'statement', text: 'a', line: 1 },
    { kind: 'backslash', text: '\\d b; c', line: 1 },
  ]);
});

test('says in which line a statement ends', () => {
  const splitter = splitStatements();
  splitter.push('a\n');
  expect(splitter.push('b; c')).toEqual([{ kind: 'statement', text: 'a\nb', line: 2 }]);
  expect(splitter.rest()).toMatchObject({ text: ' c'.trim(), line: 2 });
});

test('keeps every character of quoted text, however it is cut into lines', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (texts) => {
      const statements = texts.map((value) => `'${value.replaceAll("'", "''")}'`);
      expect(split(statements.map((one) => `${one};\n`).join(''))).toEqual(statements);
    }),
  );
});
