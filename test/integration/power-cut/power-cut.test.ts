import { describePowerCuts } from '../../support/power-cut/describe-power-cuts.ts';

// `npm run test:power` tries more.
describePowerCuts({ cuts: 1, kills: 1 });
