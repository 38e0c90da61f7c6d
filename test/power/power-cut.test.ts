import { describePowerCuts } from '../support/power-cut/describe-power-cuts.ts';

describePowerCuts({ cuts: 60, kills: 'each' });
