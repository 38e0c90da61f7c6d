import { describePowerCuts } from '../../support/power-cut/describe-power-cuts.ts';

// `npm run test:power` tries more.
describePowerCuts({ cuts: 2, kills: 1 });
