/** How much of the library one run reads. */
export type Slice =
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'hours'; readonly hours: number }
  | { readonly kind: 'bytes'; readonly bytes: number };

const FORM = /^(\d{1,6}(?:\.\d{1,3})?)\s*(%|h|gb)$/i;

/** Reads `5%`, `2h`, `0.5h` or `50GB`; null when it is none of these, or nothing at all. */
export function parseSlice(text: string): Slice | null {
  const [, digits, unit] = FORM.exec(text.trim()) ?? [];
  const value = Number(digits);
  if (digits === undefined || !(value > 0)) return null;
  switch (unit?.toLowerCase()) {
    case '%':
      return value > 100 ? null : { kind: 'share', share: value / 100 };
    case 'h':
      return { kind: 'hours', hours: value };
    default:
      return { kind: 'bytes', bytes: value * 1e9 };
  }
}
