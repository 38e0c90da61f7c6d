/** Which photos somebody means; what is null or empty does not matter. */
export type PhotoFilter = {
  readonly ids: readonly string[];
  /** A folder below Originals; null for all. */
  readonly folder: string | null;
  /** Days, `YYYY-MM-DD`, both included, on the camera's clock. */
  readonly from: string | null;
  readonly to: string | null;
  /** Part of a city or region, or a country's code. */
  readonly place: string | null;
  /** Part of the camera's name. */
  readonly camera: string | null;
  readonly curated: boolean | null;
  /** The name of a stage that has still to do it. */
  readonly pending: string | null;
  readonly errors: boolean;
};

/** Whether a filter leaves nothing out. */
export function meansAll(filter: PhotoFilter): boolean {
  const { ids, folder, from, to, place, camera, curated, pending, errors } = filter;
  return (
    ids.length === 0 && [folder, from, to, place, camera, curated, pending].every((one) => one === null) && !errors
  );
}

/** A field of a line of comma-separated values (RFC 4180), safe in a spreadsheet: nothing in it is taken for a formula. */
export function csvField(value: string | number | boolean | null): string {
  if (value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
