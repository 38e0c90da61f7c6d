import { CARE } from '../support/faults/command-scenarios.ts';
import { testCommands } from '../support/faults/test-commands.ts';

testCommands(CARE);
