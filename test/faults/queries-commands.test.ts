import { CARE, UNDOINGS } from '../support/faults/command-scenarios.ts';
import { testCommandsOverWire } from '../support/faults/test-over-wire.ts';

testCommandsOverWire([...UNDOINGS.filter(({ kind }) => kind.elsewhere !== true), ...CARE]);
