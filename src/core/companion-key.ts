/** Numbered copies: `IMG_1(2)`. */
const COPY_NUMBER = /^(?<stem>.*\S)\((?<number>\d{1,5})\)$/u;
/** Enough for telling names apart, and less than what any program cuts names to. */
const KEY_CHARACTERS = 40;

/**
 * What the names of a photo and all its companions have in common: of two files that belong together by name, wherever
 * one of the names was cut or numbered, the keys are the same. The reverse does not hold: it only narrows a search.
 */
export function companionKey(name: string): string {
  const folded = foldName(name);
  const burst = /_burst(?<at>\d{14})/.exec(folded)?.groups?.['at'];
  if (burst !== undefined) return `burst${burst}`;
  const beforeDot = /^.[^.]*/u.exec(folded)?.[0] ?? folded;
  // Cut first: what follows then cannot depend on where somebody else has cut.
  return beforeDot
    .slice(0, KEY_CHARACTERS)
    .replace(/[\ud800-\udbff]$/, '')
    .replace(/(?<=.)\(.*$/u, '')
    .replace(/(?<=.)-[\p{L} ]*$/u, '')
    .replace(/^img_[eo](?=\d{4})/, 'img_') // iOS: the edited photo, and the edits before the last
    .replace(/^g[hlpx](?=\d{6})/, 'gx') // GoPro: chapters, and their small previews
    .trim();
}

/** Composed and in lower case: two spellings of one name are one name, also on macOS. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

export type NameParts = {
  /** Without extension and number. */
  readonly stem: string;
  /** Of `IMG_1(2).jpg`, 2; null without one. */
  readonly number: number | null;
  /** With its dot; empty when there is none. */
  readonly extension: string;
};

/** Takes a name apart, folded. */
export function splitName(name: string): NameParts {
  const folded = foldName(name);
  const dot = folded.lastIndexOf('.');
  const hasExtension = dot > 0 && folded.length - dot <= 6 && !/[\s()]/.test(folded.slice(dot));
  const whole = hasExtension ? folded.slice(0, dot) : folded;
  const { stem = whole, number } = COPY_NUMBER.exec(whole)?.groups ?? {};
  return {
    stem,
    number: number === undefined ? null : Number(number),
    extension: hasExtension ? folded.slice(dot) : '',
  };
}
