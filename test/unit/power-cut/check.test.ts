import { describe, expect, it } from 'vitest';
import { findViolations } from '../../support/power-cut/check.ts';
import { replay } from '../../support/power-cut/history.ts';
import { layoutOf } from '../../support/power-cut/layout.ts';
import { sha256Of, type View } from '../../support/power-cut/possible.ts';
import { LIBRARY_OPEN } from '../../support/power-cut/rules/library.ts';
import { openTraceWriter, type TraceWriter } from '../../support/power-cut/write-trace.ts';

const VIEW: View = { ofOld: () => ({ name: true, bytes: true }), counts: () => true };
const layout = layoutOf({ inboxDir: '/r/in', storageDir: '/r/st' });
const SOURCE = '/r/in/a.jpg';
const FINAL = '/r/st/Originals/a.jpg';
const LEAVING = '/r/st/.photo-factory/leaving/1';
const PHOTO = sha256Of(Buffer.from('photo'));
const TREE = {
  [SOURCE]: 'photo',
  '/r/st/Originals/': '',
  '/r/st/Duplicates/': '',
  '/r/st/.photo-factory/leaving/': '',
  '/r/st/.photo-factory/incoming/': '',
};

const LINK = { kind: 'link', from: SOURCE, to: FINAL } as const;
const RECORD = { hash: PHOTO, path: FINAL };
const UNLINK = { kind: 'unlink', path: SOURCE } as const;

function broken(
  write: (writer: TraceWriter) => void,
  {
    tree = TREE,
    view = VIEW,
    atomicRenames = false,
  }: { tree?: Record<string, string>; view?: View; atomicRenames?: boolean } = {},
): string[] {
  const writer = openTraceWriter('/r', tree);
  write(writer);
  const found = findViolations({ history: replay(writer.trace()), layout, view, atomicRenames, staysInInbox: false });
  return [...new Set(found.map(({ invariant }) => invariant))].sort();
}

const inCache: View = { ...VIEW, ofOld: (path) => ({ name: true, bytes: path !== SOURCE }) };

it('finds nothing wrong with place, sync, record, release', () => {
  const all = ({ do: act, sync, record }: TraceWriter) => {
    sync(SOURCE, true);
    act(LINK);
    sync('/r/st/Originals');
    record(RECORD);
    act(UNLINK);
  };
  expect(broken(all)).toEqual([]);
  expect(broken(all, { view: inCache })).toEqual([]);
});

it('finds a row whose file may be gone (I2), and so a photo that may be (I1, I6)', () => {
  expect(
    broken(({ do: act, record }) => {
      act(LINK);
      record(RECORD);
    }),
  ).toEqual(['I2']);
  expect(
    broken(({ do: act, record }) => {
      act(LINK);
      record(RECORD);
      act(UNLINK);
    }),
  ).toEqual(['I1', 'I2', 'I6']);
});

it('finds a row that may be there while its statement has no answer yet (I2)', () => {
  expect(
    broken(({ do: act, record, sync }) => {
      act(LINK);
      record(RECORD);
      sync('/r/st/Originals');
    }),
  ).toEqual(['I2']);
});

it('finds a final name with bytes that may be torn (I4)', () => {
  expect(broken(({ do: act }) => act(LINK), { view: inCache })).toEqual(['I4']);
  expect(broken(({ do: act }) => act(LINK))).toEqual([]);
});

it('finds a copy below Originals that is written under its final name (I4)', () => {
  expect(broken(({ create }) => void create(FINAL, 'photo'))).toEqual(['I4']);
});

it('finds an inbox name that goes before its photo is recorded (I6), also where that loses nothing', () => {
  expect(
    broken(({ do: act, sync }) => {
      act(LINK);
      sync('/r/st/Originals');
      act(UNLINK);
    }),
  ).toEqual(['I6']);
});

it('does not take another inbox copy for a reason to remove one (I6)', () => {
  const tree = { ...TREE, '/r/in/b.jpg': 'photo' };
  expect(broken(({ do: act }) => act(UNLINK), { tree })).toEqual(['I6']);
});

it('owes a photo that is recorded, also when the phone had it in its cache only (I1)', () => {
  const view = { ...VIEW, ofOld: (path: string) => ({ name: path !== SOURCE, bytes: path !== SOURCE }) };
  const record = ({ do: act, sync, record: write }: TraceWriter) => {
    act(LINK);
    sync('/r/st/Originals');
    write(RECORD);
  };
  expect(broken(record, { view })).toEqual(['I1', 'I2', 'I4']);
});

it('finds a photo that is replaced (I5) or written to (I7)', () => {
  const tree = { ...TREE, '/r/in/b.jpg': 'other' };
  expect(broken(({ do: act }) => act({ kind: 'rename', from: '/r/in/b.jpg', to: SOURCE }), { tree })).toContain('I5');
  const write = ({ open, do: act }: TraceWriter) =>
    act({ kind: 'write', file: open(SOURCE), bytes: Buffer.from('P'), position: 0 });
  expect(broken(write)).toContain('I7');
});

it('owes a phone nothing that the phone itself replaced', () => {
  const replace = ({ asPhone, do: act }: TraceWriter) =>
    asPhone(() => act({ kind: 'rename', from: '/r/in/b.jpg', to: SOURCE }));
  expect(broken(replace, { tree: { ...TREE, '/r/in/b.jpg': 'other' }, atomicRenames: true })).toEqual([]);
});

it('finds a stranger that is given its name back without a sync in between (I1, I6)', () => {
  const giveBack =
    (syncs: boolean) =>
    ({ do: act, sync }: TraceWriter) => {
      act({ kind: 'rename', from: SOURCE, to: LEAVING }, { kind: 'link', from: LEAVING, to: SOURCE });
      if (syncs) sync('/r/in');
      act({ kind: 'unlink', path: LEAVING });
    };
  expect(broken(giveBack(false), { atomicRenames: true })).toEqual(['I1', 'I6']);
  expect(broken(giveBack(true), { atomicRenames: true })).toEqual([]);
});

it('finds an empty placeholder that nobody would know of (I4)', () => {
  const place =
    (path: string, noted: boolean) =>
    ({ create, sync }: TraceWriter) => {
      if (noted) {
        const note = '/r/st/.photo-factory/incoming/1.placeholder';
        create(note, path);
        sync(note);
        sync('/r/st/.photo-factory/incoming');
      }
      create(path);
    };
  expect(broken(place(FINAL, false))).toEqual([]); // start-up looks for those below Originals without a row
  expect(broken(place('/r/st/Duplicates/a.jpg', false))).toEqual(['I4']);
  expect(broken(place('/r/st/Duplicates/a.jpg', true))).toEqual([]);
});

it('finds a library that may be gone, or whose marker may be', () => {
  const open =
    (...synced: string[]) =>
    ({ do: act, create, sync, mark }: TraceWriter) => {
      act({ kind: 'mkdir', path: '/r/in' }, { kind: 'mkdir', path: '/r/st' });
      create(layout.marker, '{}');
      for (const path of synced) sync(path);
      mark(LIBRARY_OPEN);
    };
  expect(broken(open(), { tree: {} })).toEqual(['folders', 'marker']);
  expect(broken(open('/r'), { tree: {} })).toEqual(['marker']);
  expect(broken(open('/r', '/r/st'), { tree: {} })).toEqual(['marker']);
  expect(broken(open('/r', layout.marker, '/r/st'), { tree: {} })).toEqual(['marker']);
});

describe('a file that gets another place', () => {
  const OTHER = '/r/st/Originals/b.jpg';
  const REST = Object.fromEntries(Object.entries(TREE).filter(([path]) => path !== SOURCE));
  const moving = { tree: { ...REST, [FINAL]: 'photo' } };
  const moved = ({ do: act, sync, record, moveRow }: TraceWriter) => {
    record(RECORD);
    act({ kind: 'link', from: FINAL, to: OTHER });
    sync('/r/st/Originals');
    moveRow(FINAL, OTHER);
    act({ kind: 'unlink', path: FINAL });
  };

  it('may have two names while its row, or a note that one is to go, knows them', () => {
    expect(broken(moved, moving)).toEqual([]);
  });

  it('is forgotten to have had a name only when that is sure to be gone (I2)', () => {
    const forgotten = (isSynced: boolean) => (writer: TraceWriter) => {
      moved(writer);
      if (isSynced) writer.sync('/r/st/Originals');
      writer.forget(FINAL);
    };
    expect(broken(forgotten(true), moving)).toEqual([]);
    expect(broken(forgotten(false), moving)).toEqual(['I2']);
  });

  it('keeps its name until its row says another (I1, I2, I6)', () => {
    const hasty = ({ do: act, sync, record, moveRow }: TraceWriter) => {
      record(RECORD);
      act({ kind: 'link', from: FINAL, to: OTHER }, { kind: 'unlink', path: FINAL });
      sync('/r/st/Originals');
      moveRow(FINAL, OTHER);
    };
    expect(broken(hasty, moving)).toEqual(['I1', 'I2', 'I6']);
  });
});
