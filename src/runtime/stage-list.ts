import { geocodeStage } from '../stages/geocode.ts';
import type { Stage } from '../stages/stage.ts';
import { thumbnailStage } from '../stages/thumbnail.ts';

/** Everything that happens to photos after they were filed, in the order in which people miss it. */
export const STAGES: readonly Stage[] = [thumbnailStage, geocodeStage];
