import { MEETINGS } from '../support/faults/scenarios.ts';
import { testScenarios } from '../support/faults/test-scenarios.ts';

testScenarios(MEETINGS);
