import { suggest } from '../core/suggest.ts';
import { FactoryError } from '../errors.ts';
import type { Stage } from '../stages/stage.ts';
import { STAGES } from './stage-list.ts';

/**
 * The stages that somebody named.
 *
 * @param wanted names with commas between, `all` or `none`
 * @param source where that was written, for the refusal
 * @throws FactoryError CONFIGURATION
 */
export function chooseStages(wanted: string, source: string): readonly Stage[] {
  if (wanted === 'all') return STAGES;
  if (wanted === 'none') return [];
  const names = STAGES.map(({ name }) => name);
  return wanted.split(',').map((text) => {
    const stage = STAGES.find(({ name }) => name === text.trim());
    if (stage !== undefined) return stage;
    const meant = suggest(text.trim(), names);
    const hint = meant === null ? `there are ${names.join(', ')}` : `did you mean ${meant}?`;
    throw new FactoryError('CONFIGURATION', { reason: `${source} names "${text.trim()}", which is no stage; ${hint}` });
  });
}
