import { PLACINGS } from '../support/faults/scenarios.ts';
import { testScenarios } from '../support/faults/test-scenarios.ts';

testScenarios(PLACINGS);
