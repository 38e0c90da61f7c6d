import { PHOTO_RULES } from './expectations.ts';
import { type Rule, rule, STORAGE_WIDE } from './rules.ts';

/** Nobody has another way then. */
const ERRORS_OF_THE_DISK = [...STORAGE_WIDE, 'EIO', 'EMFILE'];

/** What must become of a sidecar that meets a fault: it is copied and let go as a photo is. */
export const SIDECAR_RULES: readonly Rule[] = [
  // Its text is read first; what it says must be what is stored of it.
  rule(/^file\.read inbox/, ['nothing'], 'failed READ_FAILED', { nth: 1 }),
  rule(/^file\.read inbox/, ['flip'], 'deferred', { nth: 1 }),
  // exiftool reads the file itself; what comes again and again befalls the copy, too.
  rule(/^file\.read inbox/, ['nothing', 'flip'], ['as usual', 'failed COPY_MISMATCH'], { phase: 'read' }),
  // What is copied, and the file’s end.
  rule(/^file\.read inbox/, ['nothing', 'flip'], ['failed COPY_MISMATCH', 'as usual'], { phase: 'place' }),
  // Its name is looked for before it is made, and once more before the inbox copy goes.
  rule(/^(open|file\.\w+) day\//, ['vanish'], ['as usual', 'left', 'failed ORIGINAL_UNREADABLE'], {
    ways: /^one that is there already/,
  }),
  rule(/^open day\//, ['ENOENT'], ['as usual', 'failed ORIGINAL_CHANGED', 'failed ORIGINAL_UNREADABLE'], {
    ways: /^one that is there already/, // no, it is there
  }),
  rule(/^lstat day\//, ['EIO', 'EACCES', 'EMFILE', 'EXDEV', 'EEXIST'], 'failed ORIGINAL_UNREADABLE', {
    ...{ ways: /^one that is there already/, nth: 1, phase: 'place' },
  }),
  rule(/^lstat day\//, ['ENOENT', 'vanish'], ['as usual', 'left'], { phase: 'place' }),
  rule(/^open incoming\/copy /, ['vanish'], 'as usual'), // it is made then
  // Nobody else’s name is taken, and the next sweep looks again.
  rule(/^link incoming\/copy → day\//, ['EEXIST'], 'deferred', { ways: /and its file is missing$/ }),
  ...PHOTO_RULES,
];

/**
 * What must become of files that get another place. `together`: they have it. `not yet`: they have not, it was said, and the
 * next sweep goes on with it. `apart`: one is missing, or not what was recorded; nobody waits for it, and `verify` tells of it.
 */
export const MOVE_RULES: readonly Rule[] = [
  rule(/^file\.close/, 'all', 'as usual'),
  rule(/^readFile marker/, 'all', 'paused'),

  // The stored file is read.
  rule(/^(open|file\.\w+) (day|day before)\/\S+ /, ['vanish'], ['as usual', 'not yet', 'apart']),
  rule(/^open (day|day before)\//, ['ENOENT'], ['as usual', 'apart']),
  rule(/^file\.read/, ['short'], 'as usual'),

  // It gets its new name: cloned, else linked, else copied.
  rule(/^unlink incoming/, 'all', 'as usual'), // the next start removes it
  rule(/^file\.datasync/, 'errors', 'as usual'), // it is copied afresh
  rule(/^link/, ['EEXIST'], ['as usual', 'apart']), // it gets more digits
  rule(/./, ERRORS_OF_THE_DISK, 'not yet'),
  rule(/./, 'all', ['not yet', 'as usual']),
];

/**
 * What must become of a photo that comes with its sidecars. Each is taken up again after an outage; what failed, or could not get its
 * place, the next sweep goes on with.
 */
export const AT_ONCE_RULES: readonly Rule[] = [
  rule(/^file\.close/, 'all', 'as usual'),
  rule(/^file\.read/, ['short'], 'as usual'),
  rule(/^readFile marker/, 'all', 'paused → together'),
  rule(/^link/, ['EEXIST'], ['together', 'not yet', 'not all', 'apart']), // it gets more digits
  // A stored file that is said not to be there: `verify` tells of it.
  rule(/^(open|lstat) (day|new day)\//, ['ENOENT'], ['together', 'not yet', 'not all', 'apart']),
  rule(/./, 'all', ['not all', 'not yet', 'together', 'paused → not all', 'paused → not yet', 'paused → together']),
];

/** The same when a person says it: who is there hears of it, and gives the command again. */
export const REDATE_RULES: readonly Rule[] = [
  rule(/^file\.close/, 'all', 'as usual'),
  rule(/^(statfs|realpath (storage|inbox) )/, 'all', 'as usual'), // whether calls there are made at once
  rule(/^realpath Originals /, 'all', ['as usual', 'refused'], { nth: 1 }),
  rule(/^readFile marker/, ['ENOENT'], '12 STORAGE_MISMATCH'),
  rule(/^readFile marker/, 'all', '12 STORAGE_UNUSABLE'),
  // At the start the folder of our own must be usable.
  rule(/^(mkdir|open|file\.sync|readdir) (private|incoming|leaving|storage)/, 'all', [
    ...['12 STORAGE_UNUSABLE', 'as usual', 'refused'],
  ]),

  rule(/^(open|file\.\w+) day\/\S+ /, ['vanish'], ['as usual', 'refused']),
  rule(/^file\.read/, ['short'], 'as usual'),
  rule(/^unlink incoming/, 'all', 'as usual'),
  rule(/^file\.datasync/, 'errors', 'as usual'),
  rule(/./, ERRORS_OF_THE_DISK, 'refused'),
  rule(/./, 'all', ['refused', 'as usual']),
];
