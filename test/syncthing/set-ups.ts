import type { SetUp } from './stage.ts';

export type Expected = {
  readonly doctor: 'ok' | 'warning' | 'problem';
  /** Where a photo is that the phone deleted before it was filed. */
  readonly deletedTooEarly: 'still in the inbox' | 'gone from the inbox';
  /** What filing does to the phone. */
  readonly filed: 'stays on the phone' | 'is deleted on the phone';
};

/** The table of docs/syncthing.md, which a unit test compares with this, and what it says of copy mode. */
export const SET_UPS: readonly (SetUp & Expected)[] = [
  {
    ...{ phone: 'sendonly', here: 'receiveonly', ignoreDelete: true, mode: 'move' },
    ...{ doctor: 'ok', deletedTooEarly: 'still in the inbox', filed: 'stays on the phone' },
  },
  {
    ...{ phone: 'sendonly', here: 'receiveonly', ignoreDelete: false, mode: 'move' },
    ...{ doctor: 'warning', deletedTooEarly: 'gone from the inbox', filed: 'stays on the phone' },
  },
  {
    ...{ phone: 'sendonly', here: 'sendreceive', ignoreDelete: false, mode: 'move' },
    ...{ doctor: 'problem', deletedTooEarly: 'gone from the inbox', filed: 'stays on the phone' },
  },
  {
    ...{ phone: 'sendreceive', here: 'sendreceive', ignoreDelete: false, mode: 'move' },
    ...{ doctor: 'problem', deletedTooEarly: 'gone from the inbox', filed: 'is deleted on the phone' },
  },
  {
    ...{ phone: 'sendreceive', here: 'receiveonly', ignoreDelete: true, mode: 'move' },
    ...{ doctor: 'ok', deletedTooEarly: 'still in the inbox', filed: 'stays on the phone' },
  },
  {
    ...{ phone: 'sendonly', here: 'receiveonly', ignoreDelete: false, mode: 'copy' },
    ...{ doctor: 'ok', deletedTooEarly: 'gone from the inbox', filed: 'stays on the phone' },
  },
  {
    ...{ phone: 'sendreceive', here: 'sendreceive', ignoreDelete: false, mode: 'copy' },
    ...{ doctor: 'ok', deletedTooEarly: 'gone from the inbox', filed: 'stays on the phone' },
  },
];
