import { openGeocoder } from '../io/places/open-geocoder.ts';
import { recordPlaces } from '../ledger/work/places.ts';
import type { Stage } from './stage.ts';

/** Says in which town, region and country a photo was taken. */
export const geocodeStage: Stage = {
  name: 'geocode',
  flag: 'is_geocoded',
  needsLocation: true,
  batchSize: 500,
  open: async () => {
    const geocoder = await openGeocoder();
    return {
      work: async (assets) => {
        const named = assets.map(({ id, location }) => ({
          assetId: id,
          place: location === null ? null : geocoder.geocode(location),
        }));
        return { failures: [], record: (session) => recordPlaces(session, geocoder.version, named) };
      },
      [Symbol.asyncDispose]: async () => {},
    };
  },
};
