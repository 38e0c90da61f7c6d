import { SETTINGS } from '../config.ts';

/** All settings as a Markdown table: the README's, which a test holds to this. */
export function settingsTable(): string {
  const rows = Object.values(SETTINGS).map(({ env, shown, form, doc }) => {
    const standard = shown.startsWith('(') || shown.includes(' ') ? shown : `\`${shown}\``;
    return [`\`${env}\``, standard, form, doc];
  });
  return [['Setting', 'Default', 'Values', 'What it does'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}
