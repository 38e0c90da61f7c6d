import { type Rule, rule, STORAGE_WIDE } from './rules.ts';

/** What must become of a photo that meets a fault. `gone`: nothing is there, so nothing became of anything. */
export const PHOTO_RULES: readonly Rule[] = [
  // What was read was read, and what was written was synced: closing changes nothing. (The note is Node’s own writeFile.)
  rule(/^file\.close incoming\/copy\.placeholder/, STORAGE_WIDE, 'paused'),
  rule(/^file\.close incoming\/copy\.placeholder/, 'errors', 'failed PLACE_FAILED'),
  rule(/^file\.close/, 'all', 'as usual'),

  // Is the storage the right one? Whatever speaks against it, nothing is filed until it is answered.
  rule(/^readFile marker/, 'all', 'paused'),

  // The inbox file is read. Nothing there → nothing to do. An open file can be read though its name is gone, but its
  // ctime moved with the name, so it is looked at again, unless that was before the first look.
  // What came in short is read on; what ends too early is no photo.
  rule(/^open inbox/, ['ENOENT', 'vanish'], 'gone'),
  rule(/^(open|file\.stat|file\.read) inbox/, 'errors', 'failed READ_FAILED'),
  rule(/^file\.stat inbox/, ['vanish'], ['deferred', 'as usual'], { nth: 1 }),
  rule(/^file\.stat inbox/, ['vanish'], 'deferred', { phase: 'read' }),
  rule(/^file\.stat inbox/, ['vanish'], ['deferred', 'as usual']),
  rule(/^file\.read inbox/, ['vanish'], 'deferred'),
  rule(/^file\.read inbox/, ['short'], 'as usual'),
  rule(/^file\.read inbox/, ['nothing', 'flip'], 'failed COPY_MISMATCH', { nth: 1 }), // what is copied
  rule(/^file\.read inbox/, ['nothing', 'flip'], 'as usual'), // the file’s end

  // A source that cannot be synced is copied afresh.
  rule(/^file\.datasync inbox/, 'errors', 'as usual'),
  rule(/^file\.datasync inbox/, ['vanish'], 'deferred'),

  // Cloning is tried; who cannot clone, links; who cannot link, copies.
  rule(/^copyFile/, ['EACCES', 'ENOENT', 'EXDEV', 'vanish'], 'as usual'),
  rule(/^copyFile/, ['EIO although done'], 'failed PLACE_FAILED', { ways: /^cloned$/ }),
  rule(/^copyFile/, ['EIO although done'], 'as usual'),
  rule(/^link/, ['EXDEV', 'EACCES'], 'as usual'),
  rule(/^link/, ['EEXIST'], 'failed PLACE_FAILED', { ways: /^put in place/ }), // it has that one name only
  rule(/^link/, ['EEXIST'], 'as usual'),
  rule(/^link inbox/, ['vanish'], 'deferred'),
  rule(/^link inbox/, ['EIO although done'], 'as usual', { ways: /^copied / }), // it cannot be done there
  rule(/^link incoming/, ['EIO although done'], 'as usual', { ways: /no hard links$/ }),

  // The copy, made and verified. What was written short is written on; a wrong byte is found by reading again.
  rule(/^open incoming\/copy /, ['vanish'], 'as usual', { ways: /^copied / }),
  rule(/^file\.write incoming/, ['short'], 'as usual'),
  rule(/^file\.write incoming/, ['flip'], 'failed COPY_MISMATCH'),
  rule(/^unlink incoming/, 'all', 'as usual'), // the next start removes it
  rule(/^(open|file\.(writeFile|sync)) incoming\/copy\.placeholder/, ['vanish'], 'as usual'),
  rule(/^rename incoming/, ['EEXIST'], 'as usual'),

  // The photo has its name, and the stored photo of a duplicate is read. A name that is free, or free again, is taken.
  // Before its inbox copy goes, the stored original is opened once more, and synced.
  rule(/^open day\/first/, ['ENOENT', 'vanish'], 'failed ORIGINAL_UNREADABLE', { nth: 2 }),
  rule(/^open day\/first/, ['ENOENT'], 'failed ORIGINAL_CHANGED', { ways: /^a duplicate/ }), // no, it is there
  rule(/^open day\/first/, ['vanish'], 'duplicate HEALED'),
  rule(/^open day\//, ['EEXIST'], ['as usual', 'failed ORIGINAL_UNREADABLE'], { ways: /^copied / }), // the placeholder
  rule(/^open day\//, ['ENOENT', 'vanish'], 'as usual', { ways: /^copied / }),
  rule(/^open day\//, ['ENOENT', 'vanish'], 'as usual'),
  rule(/^(file\.stat|file\.datasync|lstat) day\/a/, ['vanish'], 'left', { phase: 'place', ways: /^adopted/ }),
  rule(/^file\.stat day\/first/, ['vanish'], ['left', 'failed ORIGINAL_UNREADABLE'], { nth: 1 }),
  rule(/^file\.(stat|datasync) day\/first/, ['vanish'], 'left'),
  rule(/^file\.stat day\//, ['vanish'], 'as usual'),
  rule(/^lstat day\/first/, ['ENOENT', 'vanish'], ['as usual', 'failed PLACE_FAILED'], { phase: 'place', nth: 1 }),
  rule(/^lstat day\/first/, ['EEXIST'], 'failed ORIGINAL_UNREADABLE', { phase: 'place', nth: 1 }),
  rule(/^lstat day\/first/, ['ENOENT', 'vanish'], 'failed PLACE_FAILED', { phase: 'place' }),
  rule(/^lstat (day|Duplicates)\//, ['ENOENT', 'EEXIST', 'vanish'], ['as usual', 'failed PLACE_FAILED'], {
    phase: 'place',
  }),
  rule(/^(lstat|readdir) (day|year|Originals|Duplicates) /, ['ENOENT'], 'as usual'),
  rule(/^mkdir/, ['EEXIST', 'EIO although done'], ['as usual', 'failed PLACE_FAILED']), // where it was there already

  // Once it is recorded, nothing unmakes it: what fails then is the removal of the inbox copy.
  rule(/^lstat (leaving|inbox)/, ['ENOENT', 'vanish'], ['as usual', 'left'], { phase: 'release' }),
  rule(/^rename inbox\/\S+ → leaving/, ['EXDEV'], 'as usual'),
  rule(/^(rename inbox|unlink)/, ['EIO although done', 'vanish'], 'as usual', { phase: 'release' }),
  rule(/./, 'all', 'left', { phase: 'release' }),

  // All else is the storage’s: it is away, or it refuses this file.
  rule(/./, STORAGE_WIDE, 'paused'),
  rule(/^(open|file\.sync) (day|year|Originals|Duplicates|storage|incoming) /, 'errors', 'failed SYNC_FAILED'),
  rule(/^file\.(data)?sync (incoming\/copy|day\/\w+\.\w+) /, 'errors', 'failed SYNC_FAILED'),
  rule(/^(open|file\.stat) day\//, 'errors', 'failed ORIGINAL_UNREADABLE', {
    ways: /^(named|adopted|a duplicate|put in place|one )/,
  }),
  rule(/^lstat day\/first/, 'errors', 'failed ORIGINAL_UNREADABLE', { nth: 1 }),
  rule(/./, 'all', 'failed PLACE_FAILED'),
];
