import { type Config, type LoadedConfig, SETTINGS } from '../config.ts';
import { maskUrl } from '../core/mask-url.ts';
import { printable } from '../core/printable.ts';
import { alignColumns } from '../core/text-layout.ts';
import { EXIT } from '../errors.ts';
import type { Answer, Page } from './answer.ts';

/**
 * Shows every setting: what is in force, and where it comes from. Secrets are masked.
 *
 * As JSON: `{ envFile, settings: [{ name, value, from, default, form, doc }], warnings }`; `from` is `default`,
 * `environment` or the path of the `.env`.
 */
export function showConfig({ config, origins, envFile, warnings }: LoadedConfig, { paint }: Page): Answer {
  const settings = entriesOf(SETTINGS).map(([key, { env, shown, form, doc }]) => ({
    name: env,
    value: showValue(key, config),
    from: origins[key],
    default: shown,
    form,
    doc,
  }));
  const rows = settings.map(({ name, value, from, default: shown }) => {
    const isDefault = from === 'default';
    const text = printable(String(value ?? shown));
    return [
      isDefault ? name : { text: name, paint: (name: string) => paint('bold', name) },
      text,
      { text: from === envFile ? '.env' : from, paint: (from: string) => (isDefault ? paint('dim', from) : from) },
    ];
  });
  const heads = ['Setting', 'Value', 'From'].map((text) => ({ text, paint: (head: string) => paint('dim', head) }));
  const source =
    envFile === null ? 'No .env was found; settings can also be put there.' : `.env is ${printable(envFile)}`;
  const lines = [
    ...alignColumns([heads, ...rows]),
    '',
    source,
    ...warnings.map((warning) => paint('yellow', `! ${warning}`)),
  ];
  return { exitCode: EXIT.ok, text: lines.join('\n'), json: { envFile, settings, warnings } };
}

function showValue(key: keyof Config, config: Config): string | number | boolean | null {
  const value = config[key];
  if (value === null) return null;
  if (key === 'databaseUrl' || key === 'syncthingUrl') return maskUrl(String(value));
  return SETTINGS[key].kind === 'secret' ? '***' : value;
}

/** The keys of an object that nobody adds to are the keys that its type has. */
function entriesOf<T extends object>(table: T): [keyof T, T[keyof T]][] {
  return Object.entries(table) as [keyof T, T[keyof T]][];
}
